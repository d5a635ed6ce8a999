import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import { validationEventType } from '@keyward/contract/validation-event';
import { decodeEvent } from '../event-codec.ts';
import type { LogRecord, OutboxSource } from '../ports/event-log.ts';

/** An event that may be counted, with the UTC millisecond in its id. */
export interface CountableEvent {
  event: PipelineEvent;
  idMs: number;
  source?: OutboxSource | undefined;
  /** The endpoint that it counts for; its own unless it is said. */
  countedAs?: string;
}

export interface DeadRecord<R = LogRecord> {
  record: R;
  reason: string;
  /** As far as the record could be read. */
  event?: PipelineEvent | undefined;
}

export interface Window {
  nowMs: number;
  retentionDays: number;
}

type Readable = Pick<LogRecord, 'type' | 'value' | 'source'>;

const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** Parts the records into events that may be counted and those that never will be, with the reason. */
export function sortRecords<R extends Readable>(
  records: readonly R[],
  window: Window,
): { events: CountableEvent[]; dead: DeadRecord<R>[] } {
  const events: CountableEvent[] = [];
  const dead: DeadRecord<R>[] = [];
  for (const record of records) {
    const event = decodeEvent(record);
    if ('reason' in event) {
      dead.push({ record, reason: event.reason });
      continue;
    }
    const reason = faultOf(event, window);
    if (reason === undefined) events.push({ event, idMs: timeOfId(event.data.id), source: record.source });
    else dead.push({ record, reason, event });
  }
  return { events, dead };
}

/**
 * An id is remembered by the day of its own time and for `retentionDays`; outside of that nobody could tell whether the
 * event was counted before. What it counts has to lie there, too: older hours are summed up to days and left alone.
 */
function faultOf(event: PipelineEvent, { nowMs, retentionDays }: Window): string | undefined {
  const isInside = (atMs: number) => atMs >= nowMs - retentionDays * dayMs && atMs <= nowMs + dayMs;
  const { id } = event.data;
  if (id[14] !== '7') return 'the event id is not a UUIDv7';
  if (!isInside(timeOfId(id))) return 'the time in the event id is outside the window';
  switch (event.type) {
    case validationEventType:
      return isInside(event.data.decidedAtMs) ? undefined : 'decidedAtMs is outside the window';
    case usageSummaryType: {
      const { counts } = event.data;
      if (!counts.every((count) => isInside(count.lastDecidedAtMs))) return 'lastDecidedAtMs is outside the window';
      return counts.every((count) => isInside(count.hourMs + hourMs)) ? undefined : 'hourMs is outside the window';
    }
    case refusalSummaryType:
      return event.data.counts.every((count) => isInside(count.minuteMs))
        ? undefined
        : 'minuteMs is outside the window';
  }
}

/** When what it tells of happened, the last of it; Unix ms. */
export function timeOf({ event, idMs }: CountableEvent): number {
  return event.type === validationEventType ? event.data.decidedAtMs : idMs;
}

/** RFC 9562 §5.7: the first 48 bits are Unix milliseconds. */
function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
