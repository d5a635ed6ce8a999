import { AppError } from '@keyward/kit/app-error';
import { Pool } from 'undici';
import { returnedHeaders } from './forwarded-headers.ts';

interface AdminApiOptions {
  origin: string;
  timeoutMs: number;
}

interface ForwardedCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, untouched. */
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

interface ForwardedAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const maxAnswerBytes = 16 * 1_048_576;
const maxConnections = 64;
const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** The way to admin-api. What is away, late, a redirect or no JSON becomes UNAVAILABLE: callers always get JSON. */
export class AdminApi implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #timeoutMs: number;

  constructor({ origin, timeoutMs }: AdminApiOptions) {
    this.#timeoutMs = timeoutMs;
    this.#pool = new Pool(origin, {
      connections: maxConnections,
      connectTimeout: timeoutMs,
      maxResponseSize: maxAnswerBytes,
    });
  }

  async forward(call: ForwardedCall): Promise<ForwardedAnswer> {
    const answer = await this.#request(call).catch((cause: unknown) => {
      throw unavailable(cause);
    });
    if (answer.status >= 300 && answer.status < 400) throw unavailable(new Error('admin-api answered a redirect'));
    if (!isJson(answer)) throw unavailable(new Error(`admin-api answered ${answer.status} without JSON`));
    return answer;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.destroy();
  }

  async #request({ body, ...call }: ForwardedCall): Promise<ForwardedAnswer> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const answer = await this.#pool.request({ ...call, signal, body: body ?? null });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    return { status: answer.statusCode, headers: returnedHeaders(answer.headers), body: bytes };
  }
}

function isJson({ headers, body }: ForwardedAnswer): boolean {
  if (!jsonType.test(headers['content-type'] ?? '')) return false;
  const first = body.toString('latin1', 0, 64).trimStart()[0];
  return first === '{' || first === '[';
}

function unavailable(cause: unknown): AppError {
  return new AppError('UNAVAILABLE', 'Management cannot be reached just now; try again.', {
    retryAfterSeconds: 1,
    cause,
  });
}
