/**
 * Folds a concrete path into a pattern, so that SDKs which register what was requested do not fill an environment
 * (wire.md §2.4): the query goes, unreserved characters are decoded, `//` collapses, a trailing `/` goes, the case
 * stays, and a segment that is an id becomes `{id}`.
 */
export function foldPath(path: string): string {
  const segments = decodeUnreserved(withoutQuery(path))
    .split('/')
    .filter((segment) => segment !== '');
  return `/${segments.map((segment) => (isId(segment) ? '{id}' : segment)).join('/')}`;
}

/** The endpoint that a `method_path` (`GET:/users/1`, `GET:::/users/1`) is of: `GET:/users/{id}`. */
export function endpointOf(methodPath: string): string {
  const [, method, path] = /^([^:]+):(?:::?)?(\/.*)$/s.exec(methodPath) ?? [];
  return method === undefined || path === undefined ? methodPath : `${method.toUpperCase()}:${foldPath(path)}`;
}

function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

/** RFC 3986 §2.3: these characters mean the same, encoded or not. */
function decodeUnreserved(path: string): string {
  return path.replace(/%[0-9a-fA-F]{2}/g, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase();
  });
}

const ids = [
  /^\d+$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, // UUID
  /^[0-9a-f]{16,}$/i, // digests and object ids
  /^[0-9A-HJKMNP-TV-Z]{26}$/, // ULID
  /^(?=.*\d)(?=.*[a-zA-Z])[A-Za-z0-9_-]{20,}$/, // other random ids: long, with digits and letters
];

function isId(segment: string): boolean {
  return ids.some((id) => id.test(segment));
}
