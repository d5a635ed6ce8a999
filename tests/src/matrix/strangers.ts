import { issueAccountKey } from '@keyward/admin-api/accounts/issue-account-key';
import { newSessionToken } from '@keyward/admin-api/accounts/session-token';
import type { Access } from '@keyward/contract/access';
import { createAccountKey, deleteAccountKey } from '@keyward/contract/routes/account-key';
import { revokeServerKey } from '@keyward/contract/routes/server-key';
import { signOut } from '@keyward/contract/routes/session';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { newId } from '@keyward/kit/random';
import { insertAccountKey } from '@keyward/stores/postgres/account-keys';
import { insertUserSession } from '@keyward/stores/postgres/user-sessions';
import { expectDone } from '../platform/expect-done.ts';
import { newMember, type Person } from '../platform/new-person.ts';
import { newClient, type TestPlatform } from '../platform/run-platform.ts';
import { signKey } from '../platform/sign-key.ts';
import { serverKeyOf } from './applications.ts';
import { askRoute } from './ask-route.ts';
import type { Credential } from './credential.ts';
import { newServerKey } from './new-server-key.ts';
import { signedIn } from './people.ts';
import type { Place } from './route-row.ts';

type Headers = Record<string, string>;

const longAgo = new Date(0);
const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` });
const cookie = (token: string): Headers => ({ cookie: `keyward_session=${token}` });

/** Callers that nobody knows, that are no callers of the management, or that were known once; all of them are answered alike. */
export async function strangersOf(place: Place, platform: TestPlatform): Promise<Credential[]> {
  const { db, organizationId } = place;
  const person = await newMember(db, platform, { organizationId, role: 'owner' });
  const session = await signedIn(person, platform);
  const { key } = await newClient(place.environment);
  const throughGateway: Record<string, Headers> = {
    'no credential': {},
    garbage: bearer('xyp_0'),
    'a customer key': { 'x-api-key': key },
    'a customer key as Bearer': bearer(key),
    'a customer key that nobody has signed': bearer(signKey('the secret of nobody', { tid: 'nobody' })),
    'a server key that nobody has': { 'x-api-key': issueOpaqueKey('sk_live') },
    'an account key that nobody has': bearer(issueOpaqueKey('xyp')),
    'a server key and an account key': { ...person.headers, 'x-api-key': place.environment.serverKey },
    'a server key that was revoked': { 'x-api-key': await revokedServerKey(place) },
    'a server key that has expired': { 'x-api-key': await serverKeyOf(place, ['*'], { expiresAt: longAgo }) },
    'an account key that was deleted': bearer(await deletedAccountKey(person)),
    'an account key that has expired': bearer(await expiredAccountKey(place, person)),
    'a session, where no cookies are passed on': session.headers,
  };
  const atAdminApi: Record<string, Headers> = {
    'a session that nobody has': cookie(newSessionToken(Buffer.from(place.secrets.pepper)).raw),
    'a session that was ended': await endedSession(person, platform),
    'a session that was long not used': cookie(await sessionOf(place, person, { used_at: longAgo })),
    'a session that began long ago': cookie(await sessionOf(place, person, { created_at: longAgo })),
    'a session and an account key': { ...session.headers, ...person.headers },
  };
  return [...strangers(platform.url, throughGateway), ...strangers(platform.adminUrl, atAdminApi)];
}

function strangers(url: string, headersByName: Record<string, Headers>): Credential[] {
  return Object.entries(headersByName).map(([name, headers]) => ({
    name,
    caller: { url, headers },
    of: 'nobody',
    mayCall: ({ of }: Access) => of === 'nobody',
  }));
}

async function revokedServerKey(place: Place): Promise<string> {
  const { id, key } = expectDone(await newServerKey(place, ['*']));
  const query = { project_env: place.environment.projectEnv };
  expectDone(await askRoute(place.owner, revokeServerKey, { params: { id }, query }));
  return key;
}

async function deletedAccountKey(person: Person): Promise<string> {
  const { data, meta } = expectDone(await askRoute(person, createAccountKey, { body: {} }));
  expectDone(await askRoute(person, deleteAccountKey, { params: { identifier: data.identifier } }));
  return meta.secret_token;
}

async function expiredAccountKey({ db, secrets }: Place, { userId }: Person): Promise<string> {
  const issued = { userId, prefix: 'xyp', description: null, expiresAt: longAgo, now: longAgo };
  const { row, raw } = issueAccountKey({ pepper: Buffer.from(secrets.pepper) }, issued);
  await insertAccountKey(db, row);
  return raw;
}

async function endedSession(person: Person, platform: TestPlatform): Promise<Headers> {
  const session = await signedIn(person, platform);
  expectDone(await askRoute(session, signOut, {}));
  return session.headers;
}

/** The token of a session that stands as if it had been used or begun at another time. */
async function sessionOf(
  { db, secrets }: Place,
  { userId: user_id }: Person,
  times: { used_at: Date } | { created_at: Date },
): Promise<string> {
  const { raw, digest } = newSessionToken(Buffer.from(secrets.pepper));
  const now = new Date();
  const present = { renewed_at: now, used_at: now, created_at: now, ...times };
  const unknown = { previous_digest: null, address: null, user_agent: null };
  await insertUserSession(db, { id: newId(), user_id, digest, ...present, ...unknown });
  return raw;
}
