/**
 * Does a key with the scopes `held` hold every scope in `required`? A scope holds itself, letter by letter; `*` holds all;
 * `read:*` holds what begins with `read:` and goes on (`read:users`, `read:a:b`), but neither `read` nor `read:`. A `*`
 * anywhere else, and one in a required scope, is a character like any other.
 */
export function holdsScopes(held: readonly string[], required: readonly string[]): boolean {
  return required.every((scope) => held.some((one) => holds(one, scope)));
}

function holds(held: string, required: string): boolean {
  if (held === required || held === '*') return true;
  return held.endsWith(':*') && required.length >= held.length && required.startsWith(held.slice(0, -1));
}
