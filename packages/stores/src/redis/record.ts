/** A record as Redis holds it: `version|json`. The version stands in front, so that scripts need not read JSON. */
export function printRecord(record: { version: number }): [version: number, json: string] {
  return [record.version, JSON.stringify(record)];
}

/** The record in such a text. Only our own projection writes these, so its shape is taken as written. */
export function readRecord<T extends { version: number }>(text: string | null | undefined): T | undefined {
  return text ? (JSON.parse(text.slice(text.indexOf('|') + 1)) as T) : undefined;
}
