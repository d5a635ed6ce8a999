import type { Route } from '@keyward/contract/routes/route';
import type { Static, TSchema } from 'typebox';

/** What a call of a route takes and gives, as the route's own schemas say. */
type Part<R extends Route, K extends 'params' | 'querystring' | 'body'> =
  R['schema'] extends Record<K, infer S> ? (S extends TSchema ? Static<S> : never) : undefined;

/** Needed where the route needs it, and absent where it has none. */
type Field<Name extends string, T> = undefined extends T
  ? { [K in Name]?: never }
  : Record<never, unknown> extends T
    ? { [K in Name]?: T }
    : { [K in Name]: T };

type IdempotencyKey<R extends Route> = R['method'] extends 'POST' ? { idempotencyKey?: string } : object;
type IfMatch<R extends Route> = R['method'] extends 'PUT' | 'PATCH' | 'DELETE' ? { ifMatch?: string } : object;

export type CallOptions<R extends Route> = Field<'params', Part<R, 'params'>> &
  Field<'query', Part<R, 'querystring'>> &
  Field<'body', Part<R, 'body'>> &
  IdempotencyKey<R> &
  IfMatch<R> & { signal?: AbortSignal };

export type AnswerOf<R extends Route> = {
  [S in keyof R['schema']['response']]: R['schema']['response'][S] extends TSchema
    ? Static<R['schema']['response'][S]>
    : never;
}[keyof R['schema']['response']];

/** The options may be left out where nothing is needed. */
export type CallArguments<R extends Route> =
  Record<never, unknown> extends CallOptions<R> ? [options?: CallOptions<R>] : [options: CallOptions<R>];
