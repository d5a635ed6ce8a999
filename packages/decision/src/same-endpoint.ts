import { type EndpointStyle, isParameter, pathSegments } from './endpoint-path.ts';

interface Place {
  method: string;
  path: string;
}

/**
 * Is the endpoint of a request the one that is registered? The name of a parameter tells none apart: `/users/{userId}` is
 * `/users/{id}`. Where ids stay as they are, a parameter stands for any segment, for nobody can tell `/users/7` from a
 * path of its own.
 */
export function isSameEndpoint(
  registered: Place,
  requested: Place,
  { endpointIds, endpointCase }: EndpointStyle,
): boolean {
  if (registered.method !== requested.method) return false;
  const [one, other] = [pathSegments(registered.path), pathSegments(requested.path)];
  const spell = (segment: string) => (endpointCase === 'fold' ? segment.toLowerCase() : segment);
  return (
    one.length === other.length &&
    one.every((segment, i) => {
      const asked = other[i] ?? '';
      if (isParameter(segment)) return endpointIds === 'keep' || isParameter(asked);
      return spell(segment) === spell(asked);
    })
  );
}
