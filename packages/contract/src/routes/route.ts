import type { TSchema } from 'typebox';
import type { Access } from '../access.ts';

/** A route as data: a server registers it, a client calls it, documentation is printed from it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly access: Access;
  /** Its answer is `application/x-ndjson`: any number of lines, each of the schema given. */
  readonly answersLines?: true;
  /** The body that the gateway checks by itself, once it has opened the envelope. */
  readonly openedBody?: TSchema;
  readonly schema: {
    readonly summary: string;
    readonly params?: TSchema;
    readonly querystring?: TSchema;
    readonly body?: TSchema;
    readonly response: Readonly<Record<number, TSchema>>;
  };
}

export const strict = { additionalProperties: false } as const;
