import { ProblemError } from './problem-error.ts';

interface Retrying {
  maxAttempts: number;
  /** May it be done twice? */
  isRepeatable: boolean;
  signal: AbortSignal | undefined;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;

/** Tries again what may be done twice, when nobody answered, or what answered said that it may pass. */
export async function withRetries<T>(
  { maxAttempts, isRepeatable, signal }: Retrying,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRepeatable || attempts >= maxAttempts || signal?.aborted || !mayPass(error)) throw error;
      await pause(pauseMs(error, attempts), signal);
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof ProblemError) return error.status === 503 || error.status === 429;
  // What fetch throws when there is no answer, or none in time.
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}

function pauseMs(error: unknown, attempts: number): number {
  const asked = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
  return Math.min(Math.max(asked, firstPauseMs * 2 ** (attempts - 1)), longestPauseMs);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
