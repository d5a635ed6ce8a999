import { readJson } from '@keyward/management-client/caller';
import { refusalOf } from '@keyward/management-client/problem-error';
import type { VerifyBody, VerifyReply } from './api.ts';
import type { Abortable, AnswerOf, ApiCalls, BodyOf, PostOptions } from './api-calls.ts';
import { createResource, type Entity, type Resource } from './resource.ts';
import { verdictError } from './verdict-error.ts';

/** What a key that was verified is known to be. */
export type VerifiedKey = NonNullable<VerifyReply['key']>;

export type VerifyOptions = Omit<VerifyBody, 'key'> & Abortable;

export interface Keys extends Resource<'Key'> {
  /**
   * Whose the key is, if it is good for what it is used for; this counts as one use of it. Needs a server key.
   * @throws {RefusedKeyError} InvalidKeyError, ExpiredKeyError, RevokedKeyError, InsufficientScopeError, QuotaError, or itself;
   * an UnavailableError, or any other KeywardApiError, says nothing of the key. With `refusals: 'return'` a verdict is returned, whatever it is.
   */
  verify(key: string | undefined, options?: VerifyOptions & { refusals?: 'throw' }): Promise<VerifiedKey>;
  verify(key: string | undefined, options: VerifyOptions & { refusals: 'return' }): Promise<VerifyReply>;
  /** For good; it stays listed. */
  revoke(id: string, options?: PostOptions<'revokeKey'>): Promise<Entity<'Key'>>;
  /** A successor with the same rules and totals; its raw key is in this answer only. */
  rotate(id: string, how?: BodyOf<'rotateKey'>, options?: PostOptions<'rotateKey'>): Promise<Entity<'Key'>>;
  /** All or none, up to 1,000. */
  createMany(keys: BodyOf<'createKeys'>['items'], options?: PostOptions<'createKeys'>): Promise<Entity<'Key'>[]>;
  /** Up to 1,000 of those that the filter finds; `remaining` says how many there are beyond. */
  revokeMany(which: BodyOf<'revokeKeys'>, options?: PostOptions<'revokeKeys'>): Promise<AnswerOf<'revokeKeys'>>;
}

export function createKeys(api: ApiCalls, projectEnv: string | undefined): Keys {
  async function verdictOf(key: string | undefined, { signal, ...asked }: VerifyOptions): Promise<VerifyReply> {
    const body: VerifyBody = {
      ...(projectEnv !== undefined && { projectEnv }),
      ...asked,
      ...(key !== undefined && { key }),
    };
    return api.send('verify', { body, options: { signal } }, readVerdict);
  }

  function verify(key: string | undefined, options?: VerifyOptions & { refusals?: 'throw' }): Promise<VerifiedKey>;
  function verify(key: string | undefined, options: VerifyOptions & { refusals: 'return' }): Promise<VerifyReply>;
  async function verify(
    key: string | undefined,
    { refusals = 'throw', ...asked }: VerifyOptions & { refusals?: 'throw' | 'return' } = {},
  ): Promise<VerifiedKey | VerifyReply> {
    const reply = await verdictOf(key, asked);
    if (refusals === 'return') return reply;
    if (!reply.valid || !reply.key) throw verdictError(reply);
    return reply.key;
  }

  return {
    ...createResource(api, 'Key'),
    verify,
    revoke: (id, options) => api.call('revokeKey', { params: { id }, options }),
    rotate: (id, body = {}, options) => api.call('rotateKey', { params: { id }, body, options }),
    createMany: async (items, options) => (await api.call('createKeys', { body: { items }, options })).data,
    revokeMany: (body, options) => api.call('revokeKeys', { body, options }),
  };
}

/** An environment may have refusals answered with their own status. */
async function readVerdict(response: Response): Promise<VerifyReply> {
  const body = await readJson(response);
  if (!isVerdict(body)) throw refusalOf(response, body);
  return body;
}

/** A key that is good without being told of is none of Keyward's. */
function isVerdict(body: unknown): body is VerifyReply {
  if (typeof body !== 'object' || body === null || !('valid' in body && 'code' in body)) return false;
  return body.valid === false || (body.valid === true && 'key' in body);
}
