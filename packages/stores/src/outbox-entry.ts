import { type PipelineEvent, validation } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { decodeEvent } from './event-codec.ts';
import type { UnreadableEvent } from './ports/outbox.ts';

/** The event in an outbox entry: its fields were written by our own validator, what was decided of it comes from the store. */
export function readOutboxEvent(
  event: string,
  decided: Pick<ValidationEvent, 'verdict' | 'decidedAtMs' | 'degraded'>,
): PipelineEvent {
  return validation({ ...(JSON.parse(event) as Omit<ValidationEvent, keyof typeof decided>), ...decided });
}

/**
 * The event in an entry's fields: `e`, `v` and `t` of a decision (event, verdict, time), or `y` and `s` of a summary (type,
 * JSON).
 */
export function readOutboxFields(fields: ReadonlyMap<string, string>): PipelineEvent | UnreadableEvent {
  const summary = fields.get('s');
  if (summary !== undefined) {
    const decoded = decodeEvent({ type: fields.get('y') ?? '', value: Buffer.from(summary) });
    return 'reason' in decoded ? { type: 'unreadable', reason: decoded.reason } : decoded;
  }
  const [event, verdict, time] = ['e', 'v', 't'].map((name) => fields.get(name));
  if (event === undefined || verdict === undefined || time === undefined)
    return { type: 'unreadable', reason: 'neither a decision nor a summary' };
  try {
    const read = readOutboxEvent(event, { verdict, decidedAtMs: Number(time) });
    return isSendable(read) ? read : { type: 'unreadable', reason: 'without its ids, or its time' };
  } catch {
    return { type: 'unreadable', reason: 'not JSON' }; // the parser's own words would quote what it read
  }
}

const latestMs = 8.64e15; // of a Date

/** Has it what its record in the log is made of? The rest is ingest's to check. */
function isSendable({ data }: PipelineEvent): boolean {
  const { id, environmentId, clientId, decidedAtMs } = data as ValidationEvent; // as it says, if our validator wrote it
  return [id, environmentId, clientId].every((each) => typeof each === 'string') && Math.abs(decidedAtMs) <= latestMs;
}
