import type { Validator } from '@keyward/kit/validation';
import type { InputCheck } from '../input.ts';

/** The place after which a list goes on, as a text that callers hand back. */
export function printCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place in a cursor of this shape; any other text is a fault of the input. */
export function readCursor<T>(check: InputCheck, text: string | undefined, shape: Validator<T>): T | undefined {
  if (text === undefined) return undefined;
  const place = parse(text);
  // Every text but the one that was handed out is refused: a reader of base64 passes over much.
  if (shape.check(place) && printCursor(place) === text) return place;
  check.fault('/cursor', 'is not one of ours');
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A part of a list, of which one item more was read than is shown: is there one, it goes on after the last that is shown. */
export function cutPart<T>(items: readonly T[], limit: number, placeOf: (item: T) => unknown) {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = items.length > limit && last !== undefined ? printCursor(placeOf(last)) : null;
  return { shown, nextCursor };
}
