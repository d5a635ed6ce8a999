import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { AppError } from '@keyward/kit/app-error';
import { findServerKey } from '@keyward/stores/postgres/server-keys';
import { presentedSession } from '../accounts/session-cookie.ts';
import type { Administration } from '../administration.ts';
import { isServerKeyPrefix } from '../key-prefixes.ts';
import { accountKeyActor } from './account-key-actor.ts';
import type { Actor } from './actor.ts';
import type { CredentialedCall } from './credentialed-call.ts';
import { sessionActor } from './session-actor.ts';

/**
 * Who calls: a server key in `x-api-key` or `Authorization: Bearer`, an account key as Bearer (wire.md §2), or a session in its cookie.
 * Several different credentials, a customer key, a revoked or unknown one: 401, with one text.
 */
export async function authenticate(administration: Administration, request: CredentialedCall): Promise<Actor> {
  const { headers } = request;
  const [key, ...otherKeys] = presentedKeys(request);
  const session = presentedSession(administration.policy, headers);
  if (otherKeys.length > 0 || (key !== undefined && session !== undefined)) throw unauthenticated();
  const actor =
    session === undefined
      ? await keyActor(administration, key, request)
      : await sessionActor(administration, session, request);
  if (!actor) throw unauthenticated();
  return actor;
}

async function keyActor(
  administration: Administration,
  raw: string | undefined,
  request: CredentialedCall,
): Promise<Actor | undefined> {
  const key = raw === undefined ? undefined : canonicalKey(raw);
  if (key?.kind !== 'opaque') return undefined;
  if (isServerKeyPrefix(key.prefix)) return serverKeyActor(administration, key.canonical);
  // Whatever it begins with: the prefix of account keys may have been another when this one was made.
  return accountKeyActor(administration, key.canonical, request);
}

async function serverKeyActor({ db, pepper, clock }: Administration, canonical: string): Promise<Actor | undefined> {
  const digest = keyDigest({ pepper, domain: 'server', canonical });
  const found = await findServerKey(db, digest, new Date(clock.nowMs()));
  return (
    found && {
      kind: 'server-key',
      serverKeyId: found.id,
      organizationId: found.organization_id,
      environmentId: found.environment_id,
      scopes: found.scopes,
    }
  );
}

/** Each once. */
function presentedKeys({ headers }: CredentialedCall): string[] {
  const apiKey = headers['x-api-key'];
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const found = [typeof apiKey === 'string' ? apiKey.trim() : undefined, bearer];
  return [...new Set(found.filter((raw) => raw !== undefined))].filter((raw) => raw !== '');
}

function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'The server key, account key or session is missing or not valid.');
}
