import { AppError } from '@keyward/kit/app-error';
import type { Decided } from './decided.ts';
import type { DecisionClient, Question } from './decision-client.ts';
import { type DerivedKeys, type OpenedEnvelope, rememberKeys } from './open-envelope.ts';
import { unauthenticated } from './server-key.ts';

interface Asking {
  decisions: DecisionClient;
  derivedKeys: DerivedKeys;
}

/**
 * The verdict on a request. What was derived for its envelope is remembered, once its server key was accepted.
 * @throws UNAUTHENTICATED for a server key that is not, FORBIDDEN for one that is not for this, and UNAVAILABLE when there is no verdict to be had.
 */
export async function askForVerdict(
  { decisions, derivedKeys }: Asking,
  question: Question,
  opened: OpenedEnvelope | undefined,
): Promise<Decided> {
  const answer = await decisions.decide(question);
  if (answer.kind === 'unauthenticated') throw unauthenticated();
  if (answer.kind === 'forbidden') throw new AppError('FORBIDDEN', 'This server key lacks the scope validate.');
  if (opened && answer.kind === 'decided') rememberKeys(derivedKeys, opened);
  if (answer.kind === 'unavailable') throw noVerdict(answer);
  return answer;
}

export function noVerdict({ retryAfterSeconds }: { retryAfterSeconds: number }): AppError {
  return new AppError('UNAVAILABLE', 'No verdict could be reached in time; try again.', { retryAfterSeconds });
}
