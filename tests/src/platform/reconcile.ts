import type { ValidationEvent } from '@keyward/contract/validation-event';
import { type CountedLoad, callOf } from './counted-load.ts';

export interface Reconciled {
  /** Calls that the stores admitted. */
  admitted: number;
  /** Those of them whose callers were answered 503: the decision was made, and its answer came too late. */
  lost: number;
}

/**
 * Holds what a load was told against the events of its client.
 * @throws Error when a call has two events, a verdict has none, or the two say different things.
 */
export function reconcile(load: CountedLoad, events: readonly ValidationEvent[]): Reconciled {
  const recorded = new Map<number, string>();
  for (const { methodPath, verdict } of events) {
    const number = callOf(methodPath);
    if (recorded.has(number)) throw new Error(`call ${number} has two events: ${recorded.get(number)}, ${verdict}`);
    recorded.set(number, verdict);
  }
  for (const [number, verdict] of load.told) {
    const event = recorded.get(number);
    if (event !== verdict) throw new Error(`call ${number} was told ${verdict}, and its event says ${event}`);
  }
  const admitted = [...recorded].filter(([, verdict]) => verdict === 'ALLOWED');
  const lost = admitted.filter(([number]) => !load.told.has(number));
  if (lost.length > load.unanswered) throw new Error(`${lost.length} calls were admitted that nobody made`);
  return { admitted: admitted.length, lost: lost.length };
}
