import type { Route } from '@keyward/contract/routes/route';
import { buildRequest } from './build-request.ts';
import type { AnswerOf, CallArguments, LooseOptions } from './call-types.ts';
import { throwProblem, UnexpectedAnswer } from './problem-error.ts';
import { withRetries } from './with-retries.ts';

export interface ManagementClientOptions {
  /** Of the gateway or the management API, without `/api/v1`. */
  baseUrl: string;
  /** A server key or an account key. */
  credential: string;
  /** The organization that a person acts in; needed only by those who belong to several. */
  organizationId?: string;
  /** How often what may be repeated is tried in all; 3 unless it is said. */
  maxAttempts?: number;
  /** After how long nobody waits for an answer any more, ms; 10,000 unless it is said. */
  timeoutMs?: number;
}

export interface Answer<T> {
  status: number;
  /** Names this state of the resource, for `ifMatch`. */
  etag: string | undefined;
  body: T;
}

export interface ManagementClient {
  /**
   * Calls a route and gives its answer. Reads, and creates that have an `idempotencyKey`, are tried again when nobody answers.
   * @throws {ProblemError} what Keyward refuses; {UnexpectedAnswer} what something else answers; TypeError when nobody does.
   */
  call<R extends Route>(route: R, ...options: CallArguments<R>): Promise<AnswerOf<R>>;
  /** The same with its status and entity tag. */
  request<R extends Route>(route: R, ...options: CallArguments<R>): Promise<Answer<AnswerOf<R>>>;
  /** What a route answers in lines, one after the other, as fast as they are taken. */
  lines<R extends Route & { answersLines: true }>(route: R, ...options: CallArguments<R>): AsyncGenerator<AnswerOf<R>>;
}

/** A client whose calls are typed by the routes of the contract. */
export function createManagementClient(options: ManagementClientOptions): ManagementClient {
  const { maxAttempts = 3, timeoutMs = 10_000 } = options;

  /** The timeout is over what `read` reads, too. */
  async function send<T>(route: Route, asked: LooseOptions, read: (response: Response) => T | Promise<T>): Promise<T> {
    const { url, init } = buildRequest(options, route, asked);
    const isRepeatable = route.method === 'GET' || asked.idempotencyKey !== undefined;
    return withRetries({ maxAttempts, isRepeatable, signal: asked.signal }, async () => {
      const late = new AbortController();
      const timer = setTimeout(
        () => late.abort(new DOMException('nobody answered in time', 'TimeoutError')),
        timeoutMs,
      );
      const signals = asked.signal ? [late.signal, asked.signal] : [late.signal];
      try {
        const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
        return response.ok ? await read(response) : await throwProblem(response);
      } finally {
        clearTimeout(timer);
      }
    });
  }

  async function request<R extends Route>(route: R, ...[asked]: CallArguments<R>): Promise<Answer<AnswerOf<R>>> {
    return send(route, (asked ?? {}) as LooseOptions, readAnswer<AnswerOf<R>>); // typed by the route
  }

  return {
    request,
    call: async (route, ...asked) => (await request(route, ...asked)).body,
    async *lines(route, ...[asked]) {
      const response = await send(route, (asked ?? {}) as LooseOptions, (answer) => answer); // typed by the route
      for await (const line of linesOf(response)) yield JSON.parse(line);
    },
  };
}

async function readAnswer<T>(response: Response): Promise<Answer<T>> {
  const body = parsed(await response.text()) as T | undefined; // as the contract says
  if (body === undefined) throw new UnexpectedAnswer(response.status);
  return { status: response.status, etag: response.headers.get('etag') ?? undefined, body };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The lines of a whole answer; one that breaks off throws. */
async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
