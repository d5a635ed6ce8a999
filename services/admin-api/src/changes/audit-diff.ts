import { hash } from 'node:crypto';
import { managementRoutes } from '@keyward/contract/management-routes';
import { fieldsOfUse } from '@keyward/contract/of-use';
import { secretFields } from '@keyward/contract/secret';

/** Raw keys and the like are in some answers; they are nobody's to read later. */
const schemas = managementRoutes.map(({ schema }) => schema);
const secrets = secretFields(schemas);
/** What changes without anybody's doing. */
const ofUse = fieldsOfUse(schemas);
const redacted = '[redacted]';
/** A longer value, as text, is told by its hash. */
const longestValue = 16_384;

/**
 * JSON of what differs: `{"before": {…}, "after": {…}}`, each with the top-level fields that are not the same in the other. null:
 * nothing differs.
 */
export function auditDiff(before: object | undefined, after: object | undefined): string | null {
  const [old, fresh] = [printed(before), printed(after)];
  const differing = [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name));
  if (differing.length === 0) return null;
  const part = (fields: ReadonlyMap<string, string>) =>
    differing.flatMap((name) => {
      const value = fields.get(name);
      return value === undefined ? [] : [`${JSON.stringify(name)}:${shortened(value)}`];
    });
  const sides = [
    ...(before === undefined ? [] : [`"before":{${part(old).join()}}`]),
    ...(after === undefined ? [] : [`"after":{${part(fresh).join()}}`]),
  ];
  return `{${sides.join()}}`;
}

/** The fields, each as its JSON, without secrets. */
function printed(resource: object | undefined): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(resource ?? {})) {
    const text = JSON.stringify({ [name]: value }, shown);
    if (text !== '{}') fields.set(name, text.slice(JSON.stringify(name).length + 2, -1));
  }
  return fields;
}

function shown(name: string, value: unknown): unknown {
  if (ofUse.has(name)) return undefined;
  return secrets.has(name) ? redacted : value;
}

function shortened(text: string): string {
  if (text.length <= longestValue) return text;
  return JSON.stringify({ sha256: hash('sha256', text), characters: text.length });
}
