import type { TSchema } from 'typebox';

const mark = 'x-secret';

/** Marks a field whose value must never be logged; the loggers' redaction is derived from these marks. */
export function Secret<T extends TSchema>(schema: T): T {
  return { ...schema, [mark]: true };
}

/** The names of all fields below `schema` that carry the mark. */
export function secretFields(schema: unknown): Set<string> {
  const found = new Set<string>();
  collect(schema, undefined, found);
  return found;
}

export function isSecret(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && (schema as Record<string, unknown>)[mark] === true;
}

/** `name` is the field that `node` describes, through lists, records and unions; below an object others begin. */
function collect(node: unknown, name: string | undefined, found: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  if (name !== undefined && isSecret(node)) found.add(name);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties') for (const [field, schema] of Object.entries(value)) collect(schema, field, found);
    else collect(value, name, found);
  }
}
