/** A row of COPY's text format (PostgreSQL documentation, COPY, "Text Format"): null is `\N`, what would end a field is escaped. */
export function copyLine(fields: readonly (string | number | boolean | null)[]): string {
  const texts = fields.map((field) => (typeof field === 'string' ? escaped(field) : (field ?? '\\N')));
  return `${texts.join('\t')}\n`;
}

const special = /[\\\n\r\t]/;
const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string): string {
  return special.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? character) : text;
}
