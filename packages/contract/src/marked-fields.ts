/** The names of all fields below `schema` that carry this mark. */
export function markedFields(schema: unknown, mark: string): Set<string> {
  return fieldsThat((node) => isMarked(node, mark), schema);
}

export function isMarked(schema: unknown, mark: string): boolean {
  return typeof schema === 'object' && schema !== null && (schema as Record<string, unknown>)[mark] === true;
}

/** The names of all fields below `schema` whose members are not the contract's to name, such as `metadata`. */
export function freeFields(schema: unknown): Set<string> {
  return fieldsThat((node) => 'patternProperties' in node, schema);
}

type Test = (node: object) => boolean;

function fieldsThat(test: Test, schema: unknown): Set<string> {
  const found = new Set<string>();
  collect(schema, { name: undefined, test, found });
  return found;
}

interface Collecting {
  /** The field that the node describes, through lists, records and unions; below an object others begin. */
  name: string | undefined;
  test: Test;
  found: Set<string>;
}

function collect(node: unknown, { name, test, found }: Collecting): void {
  if (typeof node !== 'object' || node === null) return;
  if (name !== undefined && test(node)) found.add(name);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties')
      for (const [field, schema] of Object.entries(value)) collect(schema, { name: field, test, found });
    else collect(value, { name, test, found });
  }
}
