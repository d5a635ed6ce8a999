import { ValidationEvent, validationEventType } from '@keyward/contract/validation-event';
import { compileValidator } from '@keyward/kit/validation';

const validator = compileValidator(ValidationEvent);

/** CloudEvents 1.0, binary mode over Kafka: the attributes are headers, the value is the data as JSON. */
export function encodeEvent(event: ValidationEvent): { key: string; value: string; headers: Record<string, string> } {
  return {
    key: event.clientId,
    value: JSON.stringify(event),
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: `/environments/${event.environmentId}`,
      ce_type: validationEventType,
      ce_time: new Date(event.decidedAtMs).toISOString(),
      'content-type': 'application/json',
    },
  };
}

/** The event in a record's value, its ids in lower case, or the reason why it is none. */
export function decodeEvent(value: Buffer): ValidationEvent | { reason: string } {
  let data: unknown;
  try {
    data = JSON.parse(value.toString('utf8'));
  } catch {
    return { reason: 'not JSON' };
  }
  if (validator.check(data)) return withLowerCaseIds(data);
  const reason = validator.faults(data).map((fault) => `${fault.path} ${fault.message}`);
  return { reason: reason.join('; ') };
}

/** One id has one spelling, so that it is one row. */
function withLowerCaseIds(event: ValidationEvent): ValidationEvent {
  const { id, environmentId, clientId, keyId } = event;
  return {
    ...event,
    id: id.toLowerCase(),
    environmentId: environmentId.toLowerCase(),
    clientId: clientId.toLowerCase(),
    keyId: keyId.toLowerCase(),
  };
}
