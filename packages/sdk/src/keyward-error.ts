/**
 * What is wrong with a key, an option or a duration, by a code that programs can read: `MISSING_KEY`, `INVALID_PREFIX`,
 * `INVALID_FORMAT`, `DECODE_ERROR`, `INVALID_SIGNATURE`, `EXPIRED`, `NOT_YET_VALID`, `INVALID_DURATION`, `CONFIG`.
 */
export class KeywardError extends Error {
  readonly code: string;
  /** With `EXPIRED`: since when. */
  readonly expiredAt: Date | undefined;

  constructor(code: string, message: string, { expiredAt, ...options }: ErrorOptions & { expiredAt?: Date } = {}) {
    super(message, options);
    this.name = 'KeywardError';
    this.code = code;
    this.expiredAt = expiredAt;
  }
}
