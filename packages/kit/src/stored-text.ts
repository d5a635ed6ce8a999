import { maxFaults } from './validation.ts';

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

/**
 * Where an input holds what cannot be stored: in its texts, in the names of its members, or nested too deeply to be walked. It is left
 * where that many are found, since an input may hold nothing else.
 */
export function storageFaults(input: unknown): TextFault[] {
  const faults: TextFault[] = [];
  collect({ value: input, instancePath: '', depth: 0 }, faults);
  return faults;
}

interface Place {
  value: unknown;
  instancePath: string;
  depth: number;
}

function collect({ value, instancePath, depth }: Place, faults: TextFault[]): void {
  const fault = (message: string) => {
    faults.push({ keyword: 'text', schemaPath: '', instancePath, message, params: {} });
  };
  if (typeof value === 'string' && !isStorableText(value)) fault('must not hold U+0000 or a lone surrogate');
  if (typeof value !== 'object' || value === null) return;
  if (depth === maxDepth) {
    fault(`must not be nested more than ${maxDepth} deep`);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    if (faults.length >= maxFaults) return;
    // Such a name cannot be told either.
    if (!isStorableText(name)) fault('must not have a member whose name holds U+0000 or a lone surrogate');
    else collect({ value: member, instancePath: `${instancePath}/${pointerToken(name)}`, depth: depth + 1 }, faults);
  }
}

/** RFC 6901 §3. */
function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
