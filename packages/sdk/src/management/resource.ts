import type { Operations } from './api.ts';
import type { AnswerOf, ApiCalls, BodyOf, ChangeOptions, ItemOf, PostOptions, ReadOptions } from './api-calls.ts';

/** What the API calls them in the names of its operations. */
export type ResourceName = 'Organization' | 'Project' | 'Product' | 'Client' | 'Key';

export type Entity<R extends ResourceName> = Operations[`get${R}`]['answer'];
/** One at a time; a client's operation takes several, too. */
export type NewOf<R extends ResourceName> = Exclude<BodyOf<`create${R}`>, readonly unknown[]>;

/** As it was read; `etag` names this state of it, for `ifMatch` of a change. */
export type Stated<T> = T & { readonly etag: string | undefined };

export interface GotOrCreated<T> {
  value: T;
  /** false: it was there. */
  created: boolean;
}

/** What all resources can. Each method throws a `KeywardApiError`. */
export interface Resource<R extends ResourceName> {
  /** All of them, page by page as they are taken. */
  list(options?: ReadOptions<`list${R}s`>): AsyncGenerator<ItemOf<`list${R}s`>, void, undefined>;
  /** One page, with how many there are. */
  page(options?: ReadOptions<`list${R}s`>): Promise<AnswerOf<`list${R}s`>>;
  get(id: string, options?: ReadOptions<`get${R}`>): Promise<Stated<Entity<R>>>;
  /** @throws {AlreadyExistsError} where names do not repeat */
  create(value: NewOf<R>, options?: PostOptions<`create${R}`>): Promise<Entity<R>>;
  /** The one of that name, made if it is not there; safe on every start. One that is there keeps what it has. */
  getOrCreate(value: NewOf<R>, options?: PostOptions<`create${R}`>): Promise<GotOrCreated<Entity<R>>>;
  /** What is not said stays as it is. */
  update(id: string, change: BodyOf<`change${R}`>, options?: ChangeOptions<`change${R}`>): Promise<Entity<R>>;
  delete(id: string, options?: ChangeOptions<`delete${R}`>): Promise<AnswerOf<`delete${R}`>>;
}

export function createResource<R extends ResourceName>(api: ApiCalls, name: R): Resource<R> {
  const [list, get, create] = [`list${name}s`, `get${name}`, `create${name}`] as const;
  const [change, remove] = [`change${name}`, `delete${name}`] as const;
  const paramsOf = (id: string): Record<string, string> => (name === 'Project' ? { project: id } : { id });
  const ifExists = name === 'Client' ? { upsert: true } : { ifExists: 'return' };

  async function created(asked: { body: NewOf<R>; options?: object | undefined }): Promise<GotOrCreated<Entity<R>>> {
    const { status, body } = await api.answer(create, asked);
    return { value: body as Entity<R>, created: status === 201 }; // one for one, as it is read
  }

  return {
    list: (options) => api.list(list, { options }),
    page: (options) => api.call(list, { options }),
    async get(id, options) {
      const { body, etag } = await api.answer(get, { params: paramsOf(id), options });
      return { ...body, etag };
    },
    create: async (body, options) => (await created({ body, options })).value,
    getOrCreate: (body, options) => created({ body, options: { ...options, ...ifExists } }),
    update: (id, body, options) => api.call(change, { params: paramsOf(id), body, options }),
    delete: (id, options) => api.call(remove, { params: paramsOf(id), options }),
  };
}
