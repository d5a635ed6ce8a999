import { type ValidationEvent, validationEventType } from '@keyward/contract/validation-event';
import { decodeEvent } from '../event-codec.ts';
import type { LogRecord } from '../ports/event-log.ts';

/** An event that may be counted, with the UTC millisecond in its id. */
export interface CountableEvent {
  event: ValidationEvent;
  idMs: number;
}

export interface DeadRecord {
  record: LogRecord;
  reason: string;
}

interface Window {
  nowMs: number;
  retentionDays: number;
}

const dayMs = 86_400_000;

/** Parts the records into events that may be counted and those that never will be, with the reason. */
export function sortRecords(
  records: readonly LogRecord[],
  window: Window,
): { events: CountableEvent[]; dead: DeadRecord[] } {
  const events: CountableEvent[] = [];
  const dead: DeadRecord[] = [];
  for (const record of records) {
    const decoded = decodeEvent(record);
    if ('reason' in decoded) dead.push({ record, reason: decoded.reason });
    else if (decoded.type !== validationEventType) dead.push({ record, reason: 'a summary' });
    else {
      const event = decoded.data;
      const reason = faultOf(event, window);
      if (reason === undefined) events.push({ event, idMs: timeOfId(event.id) });
      else dead.push({ record, reason });
    }
  }
  return { events, dead };
}

/**
 * An id is remembered by the day of its own time and for `retentionDays`; outside of that nobody could tell whether
 * the event was counted before.
 */
function faultOf(event: ValidationEvent, { nowMs, retentionDays }: Window): string | undefined {
  if (event.id[14] !== '7') return 'the event id is not a UUIDv7';
  const isInside = (atMs: number) => atMs >= nowMs - retentionDays * dayMs && atMs <= nowMs + dayMs;
  if (!isInside(timeOfId(event.id))) return 'the time in the event id is outside the window';
  return isInside(event.decidedAtMs) ? undefined : 'decidedAtMs is outside the window';
}

/** RFC 9562 §5.7: the first 48 bits are Unix milliseconds. */
function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
