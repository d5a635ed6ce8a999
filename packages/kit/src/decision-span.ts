import type { DecisionReply } from '@keyward/contract/decisions';
import type { Span } from './tracing.ts';

/** Ends the span of a decision with what it came to. That there is none to be had is a failure; a refusal is not. */
export function endDecision(span: Span, reply: DecisionReply): void {
  span.set('keyward.verdict', reply.kind === 'decided' ? reply.verdict : reply.kind.toUpperCase());
  if (reply.kind === 'unavailable') span.fail();
  span.end();
}
