import { type EndpointStyle, foldPath, isParameter, pathSegments } from './endpoint-path.ts';

interface Place {
  method: string;
  path: string;
}

/**
 * The endpoints that are registered, to look others up among. The name of a parameter tells none apart: `/users/{userId}` is
 * `/users/{id}`. Where ids stay as they are, a parameter stands for any segment, for nobody can tell `/users/7` from a path of
 * its own.
 */
export class KnownEndpoints {
  readonly #style: EndpointStyle;
  readonly #folded = new Set<string>();
  /** Those whose parameters stand for any segment, by method and number of segments. */
  readonly #open = new Map<string, string[][]>();

  constructor(places: Iterable<Place>, style: EndpointStyle) {
    this.#style = style;
    for (const place of places) this.add(place);
  }

  add(place: Place): void {
    this.#folded.add(this.#fold(place));
    const segments = this.#segments(place);
    if (this.#style.endpointIds !== 'keep' || !segments.some(isParameter)) return;
    const shape = shapeOf(place, segments);
    this.#open.set(shape, [...(this.#open.get(shape) ?? []), segments]);
  }

  has(place: Place): boolean {
    if (this.#folded.has(this.#fold(place))) return true;
    const asked = this.#segments(place);
    const open = this.#open.get(shapeOf(place, asked)) ?? [];
    return open.some((segments) => segments.every((segment, i) => isParameter(segment) || segment === asked[i]));
  }

  #fold({ method, path }: Place): string {
    return `${method}:${foldPath(path, this.#style)}`;
  }

  #segments({ path }: Place): string[] {
    return pathSegments(foldPath(path, this.#style));
  }
}

function shapeOf({ method }: Place, segments: readonly string[]): string {
  return `${method} ${segments.length}`;
}
