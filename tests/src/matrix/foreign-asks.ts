import { newId } from '@keyward/kit/random';
import type { Asked } from './route-row.ts';

interface ForeignAsk {
  /** What stands in the place of one's own. */
  foreign: { id: string; asked: Asked };
  unknown: { id: string; asked: Asked };
}

/** For each id in a call: the call with another place's id instead, and with one that nobody has. */
export function foreignAsks(own: Asked, other: Asked): ForeignAsk[] {
  const pairs = (own.ids ?? []).map((id, i) => ({ id, foreign: other.ids?.[i] ?? '' }));
  return pairs
    .filter(({ id, foreign }) => id !== foreign)
    .map(({ id, foreign }) => {
      const unknown = unknownLike(foreign);
      return {
        foreign: { id: foreign, asked: replaced(own, id, foreign) },
        unknown: { id: unknown, asked: replaced(own, id, unknown) },
      };
    });
}

/** Of the same shape, so that nothing but its being unknown can make a difference. */
export function unknownLike(id: string): string {
  return /^[0-9a-f]{8}-/.test(id) ? newId() : `${'n'.repeat(8)}${id.slice(8)}`;
}

function replaced(asked: Asked, id: string, by: string): Asked {
  return JSON.parse(JSON.stringify(asked).replaceAll(id, by));
}
