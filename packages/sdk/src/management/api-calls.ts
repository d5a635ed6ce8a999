import { type Answer, type Caller, readAnswer } from '@keyward/management-client/caller';
import { pagesOf } from '@keyward/management-client/pages-of';
import type { Operations } from './api.ts';
import { apiErrorOf } from './api-error-of.ts';
import { apiRoutes } from './api-routes.ts';

export type OperationName = keyof Operations;
export type AnswerOf<N extends OperationName> = Operations[N]['answer'];
export type BodyOf<N extends OperationName> = Operations[N] extends { body: infer Body } ? Body : never;
export type QueryOf<N extends OperationName> = Operations[N] extends { query: infer Query } ? Query : object;
export type ItemOf<N extends OperationName> = AnswerOf<N> extends { data: readonly (infer Item)[] } ? Item : never;

export interface Abortable {
  signal?: AbortSignal | undefined;
}
/** Query parameters, beside which a call can be given up. */
export type ReadOptions<N extends OperationName> = QueryOf<N> & Abortable;
/** The same call with the same `idempotencyKey` is done once, and gives the same answer; so it is tried again when nobody answers. */
export type PostOptions<N extends OperationName> = ReadOptions<N> & { idempotencyKey?: string | undefined };
/** `ifMatch`: it is done only while the resource has this `etag`. */
export type ChangeOptions<N extends OperationName> = ReadOptions<N> & { ifMatch?: string | undefined };

interface Asked<N extends OperationName> {
  params?: Readonly<Record<string, string>>;
  body?: BodyOf<N> | undefined;
  options?: object | undefined;
}
interface LooseOptions extends Abortable {
  idempotencyKey?: string;
  ifMatch?: string;
}

/** The operations of the API by name, typed by it, with errors of their own. */
export interface ApiCalls {
  /** With its status and entity tag. */
  answer<N extends OperationName>(name: N, asked?: Asked<N>): Promise<Answer<AnswerOf<N>>>;
  call<N extends OperationName>(name: N, asked?: Asked<N>): Promise<AnswerOf<N>>;
  /** What `read` makes of the answer, whatever its status is. */
  send<N extends OperationName, T>(name: N, asked: Asked<N>, read: (response: Response) => Promise<T>): Promise<T>;
  /** A list to its end. */
  list<N extends OperationName>(name: N, asked: Asked<N>): AsyncGenerator<ItemOf<N>, void, undefined>;
}

/** What serves every list with the fewest requests. */
const limit = 100;

export function createApiCalls(caller: Caller, projectEnv: string | undefined): ApiCalls {
  async function send<N extends OperationName, T>(
    name: N,
    { params, body, options = {} }: Asked<N>,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { signal, idempotencyKey, ifMatch, ...query } = options as LooseOptions; // typed by the operation
    const environment = apiRoutes[name].isInEnvironment ? { project_env: projectEnv } : {};
    const asked = { params, body, query: { ...environment, ...query }, idempotencyKey, ifMatch, signal };
    // What cannot be sent throws here, and is no outage.
    const sent = caller(apiRoutes[name], asked, read);
    return sent.catch((error: unknown) => {
      throw apiErrorOf(error, signal);
    });
  }

  const answer: ApiCalls['answer'] = (name, asked = {}) => send(name, asked, readAnswer<AnswerOf<typeof name>>);
  const call: ApiCalls['call'] = async (name, asked) => (await answer(name, asked)).body;

  return {
    answer,
    call,
    send,
    async *list<N extends OperationName>(name: N, { options, ...asked }: Asked<N>) {
      const pages = pagesOf<ItemOf<N>>(async (next) => {
        const page = await call(name, { ...asked, options: { limit, ...options, ...next } } as Asked<N>);
        return page as { data: ItemOf<N>[] }; // a list's shape
      });
      for await (const items of pages) yield* items;
    },
  };
}
