import type { IncomingHttpHeaders } from 'node:http';
import { organizationHeader } from '@keyward/contract/internal-headers';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { AppError } from '@keyward/kit/app-error';
import { findAccountByKey, findMemberships } from '@keyward/stores/postgres/accounts';
import { findServerKey } from '@keyward/stores/postgres/server-keys';
import type { Administration } from '../administration.ts';
import { accountKeyPrefix, isServerKeyPrefix } from '../key-prefixes.ts';
import type { Actor } from './actor.ts';

/**
 * Who calls: a server key in `x-api-key` or `Authorization: Bearer`, or an account key as Bearer (wire.md §2). Two
 * different credentials, a customer key, a revoked or unknown one: 401, with one text.
 */
export async function authenticate(administration: Administration, headers: IncomingHttpHeaders): Promise<Actor> {
  const raw = presentedCredential(headers);
  const key = raw === undefined ? undefined : canonicalKey(raw);
  if (key?.kind !== 'opaque') throw unauthenticated();
  if (isServerKeyPrefix(key.prefix)) return serverKeyActor(administration, key.canonical);
  if (key.prefix === accountKeyPrefix) return accountActor(administration, key.canonical, namedOrganization(headers));
  throw unauthenticated();
}

async function serverKeyActor({ db, pepper, clock }: Administration, canonical: string): Promise<Actor> {
  const digest = keyDigest({ pepper, domain: 'server', canonical });
  const found = await findServerKey(db, digest, new Date(clock.nowMs()));
  if (!found) throw unauthenticated();
  return {
    kind: 'server-key',
    serverKeyId: found.id,
    organizationId: found.organization_id,
    environmentId: found.environment_id,
    scopes: found.scopes,
  };
}

async function accountActor(
  { db, pepper, clock }: Administration,
  canonical: string,
  organizationId: string | undefined,
): Promise<Actor> {
  const digest = keyDigest({ pepper, domain: 'account', canonical });
  const found = await findAccountByKey(db, digest, new Date(clock.nowMs()));
  if (!found) throw unauthenticated();
  return {
    kind: 'account',
    userId: found.userId,
    memberships: await findMemberships(db, found.userId),
    organizationId,
  };
}

function presentedCredential(headers: IncomingHttpHeaders): string | undefined {
  const apiKey = headers['x-api-key'];
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const found = new Set([typeof apiKey === 'string' ? apiKey.trim() : undefined, bearer].filter(Boolean));
  return found.size === 1 ? [...found][0] : undefined;
}

function namedOrganization(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[organizationHeader];
  return typeof value === 'string' ? value : undefined;
}

function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'The server key or account key is missing or not valid.');
}
