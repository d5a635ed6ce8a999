import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import { RefusalSummary, refusalSummaryType } from '@keyward/contract/refusal-summary';
import { isSampled } from '@keyward/contract/traceparent';
import { UsageSummary, usageSummaryType } from '@keyward/contract/usage-summary';
import { ValidationEvent, validationEventType } from '@keyward/contract/validation-event';
import { compileValidator } from '@keyward/kit/validation';
import type { LogRecord, OutboxSource, ShardedEvent } from './ports/event-log.ts';

const validators = {
  [validationEventType]: compileValidator(ValidationEvent),
  [usageSummaryType]: compileValidator(UsageSummary),
  [refusalSummaryType]: compileValidator(RefusalSummary),
};

export interface EncodedEvent {
  key: string;
  value: string;
  headers: Record<string, string>;
}

/**
 * CloudEvents 1.0, binary mode over Kafka: the attributes are headers, the value is the data as JSON. `traceparent` is the
 * extension for distributed tracing, `shard` and `incarnation` are extensions of ours.
 */
export function encodeEvent({ shard, incarnation, event }: ShardedEvent): EncodedEvent {
  const { type, data } = event;
  const traceparent = type === validationEventType ? data.traceparent : undefined;
  return {
    key: type === validationEventType ? data.clientId : `shard-${shard}`,
    value: JSON.stringify(traceparent === undefined ? data : { ...data, traceparent: undefined }),
    headers: {
      ce_specversion: '1.0',
      ce_id: data.id,
      ce_source: type === validationEventType ? `/environments/${data.environmentId}` : `/shards/${shard}`,
      ce_type: type,
      ...(type === validationEventType ? { ce_time: new Date(data.decidedAtMs).toISOString() } : {}),
      ...(incarnation === undefined ? {} : { ce_shard: String(shard), ce_incarnation: incarnation }),
      ...(traceparent === undefined ? {} : { ce_traceparent: traceparent }),
      'content-type': 'application/json',
    },
  };
}

/** The outbox that a record comes from, by its headers. */
export function sourceOf(headers: Readonly<Record<string, unknown>>): { source?: OutboxSource } {
  const shard = Number(String(headers.ce_shard ?? ''));
  const incarnation = String(headers.ce_incarnation ?? '');
  return incarnation === '' || !Number.isInteger(shard) ? {} : { source: { shard, incarnation } };
}

/** The trace that a record belongs to, by its headers, where it is recorded. */
export function traceOf(headers: Readonly<Record<string, unknown>>): { traceparent?: string } {
  const traceparent = headers.ce_traceparent === undefined ? undefined : String(headers.ce_traceparent);
  return isSampled(traceparent) ? { traceparent } : {};
}

/** The event in a record, its ids in lower case, or the reason why it is none. */
export function decodeEvent({ type, value }: Pick<LogRecord, 'type' | 'value'>): PipelineEvent | { reason: string } {
  if (!Object.hasOwn(validators, type)) return { reason: `the type ${JSON.stringify(type)} is not known` };
  let data: unknown;
  try {
    data = JSON.parse(value.toString('utf8'));
  } catch {
    return { reason: 'not JSON' };
  }
  const event = { type, data } as PipelineEvent; // checked next
  const validator = validators[event.type];
  if (validator.check(data)) return withLowerCaseIds(event);
  const reason = validator.faults(data).map((fault) => `${fault.path} ${fault.message}`);
  return { reason: reason.join('; ') };
}

/** One id has one spelling, so that it is one row. In place: what was just read is nobody else's. */
function withLowerCaseIds(event: PipelineEvent): PipelineEvent {
  event.data.id = event.data.id.toLowerCase();
  switch (event.type) {
    case validationEventType:
      lowerIds(event.data);
      break;
    case usageSummaryType:
      event.data.counts.forEach(lowerIds);
      break;
    case refusalSummaryType:
      for (const count of event.data.counts) count.environmentId = count.environmentId.toLowerCase();
  }
  return event;
}

function lowerIds(of: { environmentId: string; clientId: string; keyId: string }): void {
  of.environmentId = of.environmentId.toLowerCase();
  of.clientId = of.clientId.toLowerCase();
  of.keyId = of.keyId.toLowerCase();
}
