import { randomBytes } from 'node:crypto';
import { DecisionRequest } from '@keyward/contract/decisions';
import { validation } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { encodeEvent } from '@keyward/stores/event-codec';
import type { LogRecord } from '@keyward/stores/ports/event-log';
import { shardOf } from '@keyward/stores/shards';

/** A logger for adapters under test; `level: 'debug'` shows what they do. */
export const quietLogger = createLogger({ service: 'test', level: 'silent', schemas: [DecisionRequest] });

/** A UUIDv7 of that millisecond. */
export function idAt(atMs: number): string {
  const hex = `${atMs.toString(16).padStart(12, '0')}7${randomBytes(10).toString('hex').slice(1)}`;
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function sampleEvent(fields: Partial<ValidationEvent> = {}): ValidationEvent {
  const decidedAtMs = fields.decidedAtMs ?? Date.now();
  return {
    id: idAt(decidedAtMs),
    environmentId: newId(),
    clientId: newId(),
    keyId: newId(),
    verdict: 'ALLOWED',
    methodPath: 'GET:/v1/things',
    durationUs: 250,
    decidedAtMs,
    ...fields,
  };
}

/** The record that the log holds of an event. */
export function recordOf(event: ValidationEvent, offset: number): LogRecord {
  const encoded = encodeEvent({ shard: shardOf(event.clientId), event: validation(event) });
  return { offset, type: encoded.headers.ce_type ?? '', value: Buffer.from(encoded.value) };
}
