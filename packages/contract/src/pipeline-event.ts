import type { RefusalSummary, refusalSummaryType } from './refusal-summary.ts';
import type { UsageSummary, usageSummaryType } from './usage-summary.ts';
import { type ValidationEvent, validationEventType } from './validation-event.ts';

/** What travels from the outboxes to the counts. The type is the CloudEvents one. */
export type PipelineEvent =
  | { type: typeof validationEventType; data: ValidationEvent }
  | { type: typeof usageSummaryType; data: UsageSummary }
  | { type: typeof refusalSummaryType; data: RefusalSummary };

export function validation(data: ValidationEvent): PipelineEvent {
  return { type: validationEventType, data };
}

/** The decision that an event tells of. @throws TypeError when it is a summary, or cannot be read. */
export function decisionIn(event: PipelineEvent | { type: 'unreadable' }): ValidationEvent {
  if (event.type !== validationEventType) throw new TypeError(`${event.type} is not of one decision`);
  return event.data;
}
