import { type PipelineEvent, validation } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';

/** The event in an outbox entry: its fields were written by our own validator, what was decided of it comes from the store. */
export function readOutboxEvent(
  event: string,
  decided: Pick<ValidationEvent, 'verdict' | 'decidedAtMs' | 'degraded'>,
): PipelineEvent {
  return validation({ ...(JSON.parse(event) as Omit<ValidationEvent, keyof typeof decided>), ...decided });
}
