/** What is wrong at one place of an input. */
interface TextFault {
  keyword: 'text';
  /** No part of a schema says it. */
  schemaPath: '';
  instancePath: string;
  message: string;
  params: object;
}

const maxDepth = 32;

/** Can Postgres hold it? It refuses U+0000, and of half a surrogate pair something else would be kept. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Where an input holds what cannot be stored: in its texts, in the names of its members, or nested too deeply to be walked. */
export function storageFaults(value: unknown, instancePath = '', depth = 0): TextFault[] {
  const fault = (message: string) => [
    { keyword: 'text' as const, schemaPath: '' as const, instancePath, message, params: {} },
  ];
  if (typeof value === 'string') return isStorableText(value) ? [] : fault('must not hold U+0000 or a lone surrogate');
  if (typeof value !== 'object' || value === null) return [];
  if (depth === maxDepth) return fault(`must not be nested more than ${maxDepth} deep`);
  const faults: TextFault[] = [];
  for (const [name, member] of Object.entries(value)) {
    // Such a name cannot be told either.
    if (!isStorableText(name))
      faults.push(...fault('must not have a member whose name holds U+0000 or a lone surrogate'));
    else faults.push(...storageFaults(member, `${instancePath}/${pointerToken(name)}`, depth + 1));
  }
  return faults;
}

/** RFC 6901 §3. */
function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
