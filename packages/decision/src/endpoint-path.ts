import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';

/** How an environment tells its endpoints apart. */
export type EndpointStyle = Pick<EnvironmentSettings, 'endpointIds' | 'endpointCase'>;

/**
 * Folds a concrete path into a pattern, so that SDKs which register what was requested do not fill an environment
 * (wire.md §2.4): its segments, normalised, and each that is an id, or names a parameter (`{userId}`), becomes `{id}`,
 * unless the environment keeps them.
 */
export function foldPath(path: string, style: EndpointStyle = defaultSettings): string {
  const segments = pathSegments(path).map((segment) => foldSegment(segment, style));
  return `/${segments.join('/')}`;
}

/** The endpoint that a `method_path` (`GET:/users/1`, `GET:::/users/1`) is of: `GET:/users/{id}`; of another text what stands before its query. */
export function endpointOf(methodPath: string, style?: EndpointStyle): string {
  const parsed = parseMethodPath(methodPath);
  return parsed ? `${parsed.method}:${foldPath(parsed.path, style)}` : withoutQuery(methodPath);
}

export function parseMethodPath(methodPath: string): { method: string; path: string } | undefined {
  const [, method, path] = /^([^:]+):(?:::?)?(\/.*)$/s.exec(methodPath) ?? [];
  return method === undefined || path === undefined ? undefined : { method: method.toUpperCase(), path };
}

/** wire.md §2.3: the query goes, unreserved characters are decoded, `//` collapses, a trailing `/` goes, the case stays. */
export function pathSegments(path: string): string[] {
  return decodeUnreserved(withoutQuery(path))
    .split('/')
    .filter((segment) => segment !== '');
}

/** A segment that stands for any: `{id}`. */
export function isParameter(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}');
}

function foldSegment(segment: string, { endpointIds, endpointCase }: EndpointStyle): string {
  if (endpointIds === 'fold' && (isParameter(segment) || isId(segment))) return '{id}';
  return endpointCase === 'fold' ? segment.toLowerCase() : segment;
}

/** A path, or a `method_path`, without its query and fragment, which may hold what is secret. */
export function withoutQuery(path: string): string {
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
