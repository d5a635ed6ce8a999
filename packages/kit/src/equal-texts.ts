import { createHash, timingSafeEqual } from 'node:crypto';

/** Are these secrets the same? Takes as long wherever they differ. */
export function equalTexts(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
