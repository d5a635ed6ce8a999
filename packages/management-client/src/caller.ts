import { buildRequest } from './build-request.ts';
import type { LooseOptions } from './loose-options.ts';
import { refusalOf } from './problem-error.ts';
import { withRetries } from './with-retries.ts';

export interface CallerOptions {
  /** Of the gateway or the management API, without `/api/v1`. */
  baseUrl: string;
  /** A server key or an account key. */
  credential: string;
  /** The organization that a person acts in; needed only by those who belong to several. */
  organizationId?: string | undefined;
  /** What calls, as `name/version`. */
  userAgent?: string | undefined;
  /** How often what may be repeated is tried in all; 3 unless it is said. */
  maxAttempts?: number | undefined;
  /** After how long nobody waits for an answer any more, ms; 10,000 unless it is said. */
  timeoutMs?: number | undefined;
}

/** As much of a route as a request needs. */
export interface Operation {
  readonly method: string;
  readonly url: string;
}

export interface Answer<T> {
  status: number;
  /** Names this state of the resource, for `ifMatch`. */
  etag: string | undefined;
  body: T;
}

/** Sends a request, as often as it may be sent, and gives what `read` makes of the answer. The timeout is over what that reads, too. */
export type Caller = <T>(
  operation: Operation,
  asked: LooseOptions,
  read: (response: Response) => T | Promise<T>,
) => Promise<T>;

/** What carries requests to the management API, whoever types them. */
export function createCaller(options: CallerOptions): Caller {
  const { maxAttempts = 3, timeoutMs = 10_000 } = options;
  return (operation, asked, read) => {
    const { url, init } = buildRequest(options, operation, asked);
    const isRepeatable = operation.method === 'GET' || asked.idempotencyKey !== undefined;
    return withRetries({ maxAttempts, isRepeatable, signal: asked.signal }, async () => {
      const { signal, end } = limited(timeoutMs, asked.signal);
      try {
        return await read(await fetch(url, { ...init, signal }));
      } finally {
        end();
      }
    });
  };
}

/** Aborts when the time is over, or with `given`: `AbortSignal.any`, which Vercel's edge runtime does not have. */
function limited(timeoutMs: number, given: AbortSignal | undefined): { signal: AbortSignal; end: () => void } {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new DOMException('nobody answered in time', 'TimeoutError')), timeoutMs);
  const abort = () => stop.abort(given?.reason);
  if (given?.aborted) abort();
  given?.addEventListener('abort', abort);
  const end = () => {
    clearTimeout(timer);
    given?.removeEventListener('abort', abort);
  };
  return { signal: stop.signal, end };
}

/**
 * The answer with the body that the contract says.
 * @throws {ProblemError} what Keyward refuses; {UnexpectedAnswer} what something else answers
 */
export async function readAnswer<T>(response: Response): Promise<Answer<T>> {
  const body = await readJson(response);
  if (!response.ok || body === undefined) throw refusalOf(response, body);
  return { status: response.status, etag: response.headers.get('etag') ?? undefined, body: body as T }; // as the contract says
}

/** undefined: it is no JSON. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
