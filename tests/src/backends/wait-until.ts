import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from './message-of.ts';

export interface WaitOptions {
  /** Completes "timed out waiting for …". */
  what: string;
  timeoutMs: number;
  everyMs?: number;
}

/**
 * Asks `condition` until it gives something other than `false`, `undefined` or an exception, and returns that.
 * @throws Error after `timeoutMs`, with the last exception as its reason.
 */
export async function waitUntil<T>(
  condition: () => Promise<T | false | undefined> | T | false | undefined,
  { what, timeoutMs, everyMs = 25 }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const answer = await condition();
      if (answer !== false && answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      if (error instanceof GaveUp) throw error;
      last = error;
    }
    await pause(everyMs);
  } while (performance.now() < deadline);
  throw new Error(`timed out after ${timeoutMs} ms waiting for ${what}${last ? ` (${messageOf(last)})` : ''}`);
}

/** Thrown by a condition that can no longer come true; ends the waiting at once. */
export class GaveUp extends Error {}
