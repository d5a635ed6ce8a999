import { KeywardError } from '../keyward-error.ts';
import type { VerifyReply } from './api.ts';

interface ApiFailure extends ErrorOptions {
  code: string;
  message: string;
  status: number;
  requestId?: string | undefined;
  faults?: readonly Fault[] | undefined;
  retryAfterSeconds?: number | undefined;
  expiredAt?: Date;
}

/** What is wrong with which part of the input. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** Keyward did not do what was asked. `code` says why: `NOT_FOUND`, `INVALID_INPUT`, `FORBIDDEN`, `PRECONDITION_FAILED`, … */
export class KeywardApiError extends KeywardError {
  override name = 'KeywardApiError';
  /** Of the answer; of a refused key, what the application should answer its own caller. */
  readonly status: number;
  /** What Keyward's logs call the request. */
  readonly requestId: string | undefined;
  /** With `INVALID_INPUT`: every one. */
  readonly faults: readonly Fault[];
  /** When it may be tried again, if waiting helps. */
  readonly retryAfterSeconds: number | undefined;

  constructor({ code, message, status, requestId, faults = [], retryAfterSeconds, ...options }: ApiFailure) {
    super(code, message, options);
    this.status = status;
    this.requestId = requestId;
    this.faults = faults;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Something of that name is there already. */
export class AlreadyExistsError extends KeywardApiError {
  override name = 'AlreadyExistsError';
  /** Its id, where the answer says one. */
  readonly existingId: string | undefined;

  constructor({ existingId, ...failure }: ApiFailure & { existingId: string | undefined }) {
    super(failure);
    this.existingId = existingId;
  }
}

/** Nobody answered, or not in time, or it was no answer of Keyward's, or Keyward cannot answer just now. Nothing is said of any key. */
export class UnavailableError extends KeywardApiError {
  override name = 'UnavailableError';
}

/** A key is not good for what it is used for. `code` is the verdict: one of those below, or `DISABLED`, `IP_NOT_ALLOWED`, … */
export class RefusedKeyError extends KeywardApiError {
  override name = 'RefusedKeyError';
  /** Whose it is, if that is known. */
  readonly key: VerifyReply['key'];

  constructor({ code, message, status, retryAfterSeconds, expiredAt, key }: VerifyReply) {
    super({ code, message, status, retryAfterSeconds, ...(expiredAt && { expiredAt: new Date(expiredAt) }) });
    this.key = key;
  }
}

/** There is no such key, or none was sent. */
export class InvalidKeyError extends RefusedKeyError {
  override name = 'InvalidKeyError';
}

export class ExpiredKeyError extends RefusedKeyError {
  override name = 'ExpiredKeyError';
  declare readonly expiredAt: Date;

  constructor(reply: VerifyReply & { expiredAt: string }) {
    super(reply);
  }
}

export class RevokedKeyError extends RefusedKeyError {
  override name = 'RevokedKeyError';
}

/** The key lacks a scope that is required. */
export class InsufficientScopeError extends RefusedKeyError {
  override name = 'InsufficientScopeError';
}

/** A limit is used up; `retryAfterSeconds` says when it is not any more. */
export class QuotaError extends RefusedKeyError {
  override name = 'QuotaError';
  /** The window that is used up: `second`, `minute`, `hour`, `day`, `week`, `month`. */
  readonly window: string | undefined;
  /** Whose limit it is: `key`, `client` or `environment`. */
  readonly subject: string | undefined;

  constructor(reply: VerifyReply) {
    super(reply);
    this.window = reply.window;
    this.subject = reply.subject;
  }
}
