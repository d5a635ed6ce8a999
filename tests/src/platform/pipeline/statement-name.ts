const shownLength = 48;

/** How a statement begins, in whatever form pg was given it: a text, one with its values, or a COPY. */
export function statementName(given: unknown): string {
  const text = typeof given === 'string' ? given : textIn(given);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, shownLength).trim();
}

function textIn(given: unknown): string {
  if (typeof given !== 'object' || given === null || !('text' in given)) return '';
  return String(given.text);
}
