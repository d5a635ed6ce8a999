import type { ValidationEvent } from '@keyward/contract/validation-event';

/** The event in an outbox entry: its fields were written by our own validator, verdict and time by the store. */
export function readOutboxEvent(event: string, verdict: string, decidedAtMs: number): ValidationEvent {
  return { ...(JSON.parse(event) as Omit<ValidationEvent, 'verdict' | 'decidedAtMs'>), verdict, decidedAtMs };
}
