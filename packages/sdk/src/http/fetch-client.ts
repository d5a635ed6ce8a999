import { checkRequest } from './check-request.ts';
import { decodeText } from './decode-text.ts';
import { type HttpAnswer, type HttpClient, HttpFailure, type HttpRequest } from './http-client.ts';
import { parseOrigin } from './parse-origin.ts';

export interface FetchClientOptions {
  /** Scheme, host and port, such as `https://keys.example.com`. */
  origin: string;
  /** The runtime's, or one of the application's own, for a proxy or a certificate. */
  fetch: typeof globalThis.fetch;
  /** The largest body that is taken, 16 MiB unless told. */
  maxBodyBytes?: number;
}

/** Calls by `fetch`, where a runtime has no sockets or an application has its own way out. It costs ten times a socket (bench/src/sdk-http.ts). */
export class FetchClient implements HttpClient {
  readonly #origin: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #maxBodyBytes: number;
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  /** @throws {TypeError} when the origin is none */
  constructor({ origin, fetch, maxBodyBytes = 16 * 1_024 * 1_024 }: FetchClientOptions) {
    this.#origin = parseOrigin(origin).origin;
    this.#fetch = fetch;
    this.#maxBodyBytes = maxBodyBytes;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    checkRequest(request);
    if (this.#isClosed) throw closedFailure();
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(tooLate(request.timeoutMs)), request.timeoutMs);
    this.#underWay.add(stop);
    try {
      // Not left to `fetch` alone: one of an application's own may not heed the signal.
      return await Promise.race([this.#exchange(request, stop.signal), whenAborted(stop.signal)]);
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : asFailure(error);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(stop);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#underWay) stop.abort(closedFailure());
  }

  async #exchange({ method, path, headers, body }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    // Taken out first: some runtimes refuse a `fetch` that is called as a method of another object.
    const fetch = this.#fetch;
    const response = await fetch(`${this.#origin}${path}`, {
      method,
      // Without this, Node's `fetch` asks for compression.
      headers: { ...headers, 'accept-encoding': 'identity' },
      ...(method === 'POST' ? { body: body ?? '' } : {}),
      redirect: 'manual',
      signal,
    });
    // What browsers' `fetch` makes of a redirect.
    if (response.status === 0) throw new HttpFailure('protocol', 'the answer is a redirect that the runtime hides');
    const bytes = await readBody(response, this.#maxBodyBytes);
    return { status: response.status, headers: headersOf(response), body: decodeText(bytes) };
  }
}

async function readBody({ body }: Response, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  for (;;) {
    const piece = await reader?.read();
    if (piece?.value === undefined) return joined(pieces, length);
    length += piece.value.length;
    if (length > maxBytes) {
      reader?.cancel().catch(() => undefined);
      throw new HttpFailure('protocol', `the body of the answer is larger than ${maxBytes} bytes`);
    }
    pieces.push(piece.value);
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function headersOf(response: Response): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  // `Set-Cookie` comes once for each.
  for (const [name, value] of response.headers) {
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Node's `fetch` keeps why it failed in `cause`; other runtimes say nothing of the kind. */
function asFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'HTTPParserError' || name === 'HeadersOverflowError') {
    return new HttpFailure('protocol', 'the answer is not HTTP', { cause: error });
  }
  const code = cause instanceof Error && 'code' in cause && cause.code !== undefined ? ` (${cause.code})` : '';
  return new HttpFailure('network', `fetch failed${code}`, { cause: error });
}

const tooLate = (timeoutMs: number) => new HttpFailure('timeout', `no answer within ${timeoutMs} ms`);
const closedFailure = () => new HttpFailure('network', 'the client was closed');
