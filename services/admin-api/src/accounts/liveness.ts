import type { Liveness } from '@keyward/stores/postgres/user-sessions';
import type { AccountPolicy } from './account-policy.ts';

/** Since when a session has to have been used, and begun, to be one still. */
export function liveness({ sessionIdleMs, sessionMs }: AccountPolicy, nowMs: number): Liveness {
  return { usedSince: new Date(nowMs - sessionIdleMs), begunSince: new Date(nowMs - sessionMs) };
}
