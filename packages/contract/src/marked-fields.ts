/** The names of all fields below `schema` that carry this mark. */
export function markedFields(schema: unknown, mark: string): Set<string> {
  const found = new Set<string>();
  collect(schema, { name: undefined, mark, found });
  return found;
}

export function isMarked(schema: unknown, mark: string): boolean {
  return typeof schema === 'object' && schema !== null && (schema as Record<string, unknown>)[mark] === true;
}

interface Collecting {
  /** The field that the node describes, through lists, records and unions; below an object others begin. */
  name: string | undefined;
  mark: string;
  found: Set<string>;
}

function collect(node: unknown, { name, mark, found }: Collecting): void {
  if (typeof node !== 'object' || node === null) return;
  if (name !== undefined && isMarked(node, mark)) found.add(name);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties')
      for (const [field, schema] of Object.entries(value)) collect(schema, { name: field, mark, found });
    else collect(value, { name, mark, found });
  }
}
