/**
 * A part of a URL as it was meant.
 * @param of the variable that holds the URL.
 * @throws Error that says what has to be encoded, and does not show it.
 */
export function decodePart(text: string, of: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`a "%" in ${of} is not followed by two digits: in a name or password it is written %25`);
  }
}
