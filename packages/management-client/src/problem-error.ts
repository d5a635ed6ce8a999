import type { Problem, ProblemCode } from '@keyward/contract/problem';

/** Keyward answered that it does not do this, and why (RFC 9457). */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  readonly requestId: string;
  /** Of invalid input, every fault. */
  readonly faults: readonly { path: string; message: string }[];
  /** With `ALREADY_EXISTS`: the id of what is there. */
  readonly existingId: string | undefined;
  /** When it may be tried again, if it may. */
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: Problem, retryAfterSeconds: number | undefined) {
    super(problem.message);
    this.name = 'ProblemError';
    this.status = problem.status;
    this.code = problem.error as ProblemCode; // the closed list of the Keyward that answers; an older client may not know all
    this.requestId = problem.requestId;
    this.faults = problem.errors ?? [];
    this.existingId = problem.existingId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What answered is no Keyward, or something before it that failed. */
export class UnexpectedAnswer extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The answer was HTTP ${status}, and not one of Keyward's.`);
    this.name = 'UnexpectedAnswer';
    this.status = status;
  }
}

/** What is thrown of an answer that is not the one asked for; `body` is what its JSON says, if it is any. */
export function refusalOf({ status, headers }: Response, body: unknown): ProblemError | UnexpectedAnswer {
  if (!isProblem(body)) return new UnexpectedAnswer(status);
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  return new ProblemError(body, Number.isFinite(retryAfter) ? retryAfter : undefined);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'error' in body && 'message' in body && 'requestId' in body;
}
