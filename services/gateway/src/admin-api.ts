import type { Readable } from 'node:stream';
import { internalHeaders } from '@keyward/contract/internal-headers';
import { AppError } from '@keyward/kit/app-error';
import type { TlsFiles } from '@keyward/kit/tls-files';
import { Pool } from 'undici';
import { returnedHeaders } from './forwarded-headers.ts';
import { upstreamConnector } from './upstream-connector.ts';

interface AdminApiOptions {
  origin: string;
  timeoutMs: number;
  tls?: TlsFiles | undefined;
  /** Told of each call that failed. */
  noteFailure?: () => void;
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
  /** A stream where the answer is lines without end in sight. */
  body: Buffer | Readable;
}

const maxAnswerBytes = 16 * 1_048_576;
const maxConnections = 64;
const linesType = /^application\/x-ndjson\s*(?:;|$)/i;
const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * The way to admin-api. What is away, late, a redirect or no JSON becomes UNAVAILABLE: callers always get JSON, whole, or where they
 * asked for an export, lines of it as fast as they take them.
 */
export class AdminApi implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #noteFailure: () => void;

  constructor({ origin, timeoutMs, tls, noteFailure = () => undefined }: AdminApiOptions) {
    this.#timeoutMs = timeoutMs;
    this.#noteFailure = noteFailure;
    this.#pool = new Pool(origin, {
      connections: maxConnections,
      connect: upstreamConnector({ tls, timeoutMs }),
    });
  }

  async forward(call: ForwardedCall): Promise<ForwardedAnswer> {
    try {
      return checked(await this.#request(call));
    } catch (cause) {
      this.#noteFailure();
      throw unavailable(cause);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.destroy();
  }

  async #request({ body, ...call }: ForwardedCall): Promise<ForwardedAnswer> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#timeoutMs);
    try {
      const answer = await this.#pool.request({ ...call, signal: late.signal, body: body ?? null });
      if (answer.headers[internalHeaders.foreignService] !== undefined) {
        await answer.body.dump();
        throw new Error('admin-api does not know the gateway by its service token and certificate');
      }
      const headers = returnedHeaders(answer.headers);
      const isLines = answer.statusCode === 200 && linesType.test(headers['content-type'] ?? '');
      return { status: answer.statusCode, headers, body: isLines ? answer.body : await readWhole(answer.body) };
    } finally {
      clearTimeout(timer);
    }
  }
}

function checked(answer: ForwardedAnswer): ForwardedAnswer {
  if (answer.status >= 300 && answer.status < 400) throw new Error('admin-api answered a redirect');
  if (!isJson(answer)) throw new Error(`admin-api answered ${answer.status} without JSON`);
  return answer;
}

async function readWhole(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error(`admin-api answered more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isJson({ headers, body }: ForwardedAnswer): boolean {
  if (!Buffer.isBuffer(body)) return true;
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
