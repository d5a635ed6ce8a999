import type { ProblemCode } from '@keyward/contract/problem';

export interface InputFault {
  /** Where it is, as a JSON pointer: `/keys/0/expiresAt`. */
  path: string;
  message: string;
}

interface Details {
  errors?: InputFault[];
  existingId?: string;
  retryAfterSeconds?: number;
  cause?: unknown;
}

/**
 * An error with a public face. `message` is shown to the caller, so it names what is wrong with the call and never a
 * secret or an inner detail; those go into `cause`, which is logged only.
 */
export class AppError extends Error {
  readonly code: ProblemCode;
  readonly errors: InputFault[] | undefined;
  readonly existingId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = details.errors;
    this.existingId = details.existingId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Input that does not fit, with every fault at once. */
export function invalidInput(errors: InputFault[]): AppError {
  return new AppError(
    'INVALID_INPUT',
    `The input is not valid: ${errors.map((e) => `${e.path || '/'} ${e.message}`).join('; ')}.`,
    {
      errors,
    },
  );
}
