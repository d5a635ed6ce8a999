import { organizationHeader } from '@keyward/contract/internal-headers';
import type { Route } from '@keyward/contract/routes/route';
import { keyDigest } from '@keyward/keyformat/key-digest';
import type { Pepper } from '@keyward/keyformat/pepper';
import { AppError } from '@keyward/kit/app-error';
import type { Author } from '../changes/author.ts';
import type { Actor } from './actor.ts';
import type { CredentialedCall } from './credentialed-call.ts';

/** What is read of a request to tell who makes it and what it is about. */
export interface IncomingCall extends CredentialedCall {
  /** The request's id. */
  id: string;
  url: string;
  query: unknown;
  params: unknown;
  body?: unknown;
}

/** A call whose caller is known, and what its headers ask of a change. */
export interface Call {
  actor: Actor;
  author: Author;
  /** By which it came. */
  route: Route;
  requestId: string;
  /** The entity tags of `If-Match`, as they were sent. */
  ifMatch: string | undefined;
  idempotency: Idempotency | undefined;
}

export interface Idempotency {
  key: string;
  /**
   * A digest of what was asked: the same key with something else is a mistake of the caller's. It is made with the pepper, since a body
   * may hold a secret that could be guessed by a plain hash.
   */
  fingerprint: Buffer;
}

const printable = /^[\x21-\x7e]{1,255}$/;

interface Reading {
  route: Route;
  actor: Actor;
}

export function readCall({ pepper }: { pepper: Pepper }, request: IncomingCall, { route, actor }: Reading): Call {
  return {
    actor,
    author: authorOf(actor),
    route,
    requestId: request.id,
    ifMatch: request.headers['if-match'],
    idempotency: route.method === 'POST' ? readIdempotency(pepper, request) : undefined,
  };
}

export function authorOf(actor: Actor): Author {
  return actor.kind === 'account' ? { kind: 'user', id: actor.userId } : { kind: 'server-key', id: actor.serverKeyId };
}

function readIdempotency(pepper: Pepper, { headers, url, body }: IncomingCall): Idempotency | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !printable.test(key))
    throw new AppError('BAD_REQUEST', 'Idempotency-Key is 1 to 255 printable ASCII characters without spaces.');
  const asked = [url, headers[organizationHeader], body].map((part) => JSON.stringify(part) ?? '').join('\n');
  return { key, fingerprint: keyDigest({ pepper, domain: 'request', canonical: asked }) };
}
