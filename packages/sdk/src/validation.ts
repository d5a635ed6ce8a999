import type { Claims } from './keys/key-claims.ts';

/** What is known of a request that may need a key. */
export interface RequestFacts {
  /** As it was presented; undefined or empty: there is none. */
  key: string | undefined;
  method: string;
  /** The path that was asked for, with or without its query. */
  path: string;
  /** The pattern that it matched, in the framework's own spelling: `/users/:id`. Without one the path stands for itself. */
  route?: string | undefined;
  /** Of the caller's headers three go to the server: `x-forwarded-for`, `x-real-ip` and `user-agent`. Names in lower case. */
  headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** The address of whoever holds the other end of the connection. */
  remoteAddress?: string | undefined;
  /** What it takes of the limits; 1 unless it is said. */
  cost?: number | undefined;
}

/** The request may go on. */
export interface Allowed {
  allowed: true;
  claims: Claims;
  /** The client as the server knows it; undefined in local mode, and when the server was away. */
  clientId: string | undefined;
  /** The server was not asked, or had no store to look at: neither limits nor revocation were checked. */
  degraded: boolean;
  /** `ratelimit` and `ratelimit-policy`, for the answer to the caller. */
  headers: Readonly<Record<string, string>>;
}

/** The request is to be answered with `status` and `body`, and these headers. */
export interface Refused {
  allowed: false;
  status: number;
  code: string;
  message: string;
  /** When trying again helps. */
  retryAfterSeconds: number | undefined;
  /** With `EXPIRED`: since when. */
  expiredAt: string | undefined;
  headers: Readonly<Record<string, string>>;
  body: RefusalBody;
}

/** The JSON that a caller gets. `error` and `message` are what the published packages answer. */
export interface RefusalBody {
  error: string;
  message: string;
  status: number;
  expiredAt?: string;
  retryAfterSeconds?: number;
  /** With `RATE_LIMITED`: which limit, and whose. */
  window?: string;
  subject?: string;
}

export type Validation = Allowed | Refused;

interface RefusalOptions {
  status: number;
  code: string;
  message: string;
  retryAfterSeconds?: number | undefined;
  expiredAt?: string | undefined;
  window?: string | undefined;
  subject?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

export function refused(options: RefusalOptions): Refused {
  const { status, code, message, retryAfterSeconds, expiredAt, window, subject, headers = {} } = options;
  const body: RefusalBody = { error: code, message, status };
  if (expiredAt !== undefined) body.expiredAt = expiredAt;
  if (retryAfterSeconds !== undefined) body.retryAfterSeconds = retryAfterSeconds;
  if (window !== undefined) body.window = window;
  if (subject !== undefined) body.subject = subject;
  const isTold = retryAfterSeconds === undefined || 'retry-after' in headers;
  const withRetry = isTold ? headers : { ...headers, 'retry-after': String(retryAfterSeconds) };
  return { allowed: false, status, code, message, retryAfterSeconds, expiredAt, headers: withRetry, body };
}
