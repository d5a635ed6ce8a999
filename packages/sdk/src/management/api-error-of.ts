import { ProblemError, UnexpectedAnswer } from '@keyward/management-client/problem-error';
import { AlreadyExistsError, KeywardApiError, UnavailableError } from './api-errors.ts';

/** What a call that failed throws; what is none of Keyward's and no outage is thrown as it is. */
export function apiErrorOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return error;
  if (error instanceof ProblemError) return refusal(error);
  if (error instanceof UnexpectedAnswer) return unavailable(error.message, error);
  // What fetch throws when there is no answer, or none in time.
  if (error instanceof TypeError) return unavailable('Keyward cannot be reached.', error);
  if (error instanceof DOMException) return unavailable('Keyward did not answer in time.', error);
  return error;
}

function refusal({ code, message, status, requestId, faults, retryAfterSeconds, existingId }: ProblemError) {
  const failure = { code, message, status, requestId, faults, retryAfterSeconds };
  if (code === 'ALREADY_EXISTS') return new AlreadyExistsError({ ...failure, existingId });
  return status >= 500 ? new UnavailableError(failure) : new KeywardApiError(failure);
}

function unavailable(message: string, cause: Error): UnavailableError {
  return new UnavailableError({ code: 'UNAVAILABLE', message, status: 503, cause });
}
