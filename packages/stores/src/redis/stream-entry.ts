/** A stream's entry as XRANGE answers it: its id, and fields and values in turn. */
export function readStreamEntry([position, words]: [string, string[]]): {
  position: string;
  fields: Map<string, string>;
  bytes: number;
} {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < words.length; i += 2) fields.set(words[i] ?? '', words[i + 1] ?? '');
  return { position, fields, bytes: words.reduce((sum, word) => sum + word.length, overheadBytes) };
}

/** What an entry takes beside its words, about. */
const overheadBytes = 32;
