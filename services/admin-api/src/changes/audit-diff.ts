import { hash } from 'node:crypto';
import { managementRoutes } from '@keyward/contract/management-routes';
import { secretFields } from '@keyward/contract/secret';
import { withoutUse } from './without-use.ts';

/** Raw keys and the like are in some answers; they are nobody's to read later. */
const schemas = managementRoutes.map(({ schema }) => schema);
const secrets = secretFields(schemas);
/** What changes without anybody's doing is not told. */
const lasting = withoutUse(schemas);
const redacted = '[redacted]';
/** A longer value, as text, is told by its hash. */
const longestValue = 16_384;

/**
 * JSON of what differs: `{"before": {…}, "after": {…}}`, each with the top-level fields that are not the same in the other. null:
 * nothing differs.
 */
export function auditDiff(before: object | undefined, after: object | undefined): string | null {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  const differing = names.filter((name) => JSON.stringify(old.get(name)) !== JSON.stringify(fresh.get(name)));
  if (differing.length === 0) return null;
  const part = (fields: ReadonlyMap<string, unknown>) =>
    differing.filter((name) => fields.has(name)).map((name) => printed(name, fields.get(name)));
  const sides = [
    ...(before === undefined ? [] : [`"before":{${part(old).join()}}`]),
    ...(after === undefined ? [] : [`"after":{${part(fresh).join()}}`]),
  ];
  return `{${sides.join()}}`;
}

function fieldsOf(resource: object | undefined): Map<string, unknown> {
  return new Map(Object.entries(lasting(resource ?? {})).filter(([, value]) => value !== undefined));
}

/** The field as JSON, without secrets. */
function printed(name: string, value: unknown): string {
  const text = JSON.stringify({ [name]: value }, shown);
  const prefix = `${JSON.stringify(name)}:`;
  return prefix + shortened(text.slice(prefix.length + 1, -1));
}

function shown(name: string, value: unknown): unknown {
  return secrets.has(name) ? redacted : value;
}

function shortened(text: string): string {
  if (text.length <= longestValue) return text;
  return JSON.stringify({ sha256: hash('sha256', text), characters: text.length });
}
