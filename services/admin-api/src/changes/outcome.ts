import type { Removed } from '@keyward/contract/fields';

/** What a change is answered with, and by which HTTP status. */
export interface Outcome<T> {
  status: 200 | 201 | 202;
  body: T;
}

export function created<T>(body: T): Outcome<T> {
  return { status: 201, body };
}

export function done<T>(body: T): Outcome<T> {
  return { status: 200, body };
}

/** Whether it was there or gone already. */
export const removed: Outcome<Removed> = done({ success: true });
