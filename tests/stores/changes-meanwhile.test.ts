import { signIn } from '@keyward/admin-api/accounts/sign-in';
import type { Administration } from '@keyward/admin-api/administration';
import { revokeKey } from '@keyward/admin-api/keys/change-key';
import { createKey } from '@keyward/admin-api/keys/create-keys';
import { revokeKeys } from '@keyward/admin-api/keys/revoke-keys';
import { deleteProject } from '@keyward/admin-api/projects/delete-project';
import type { NewManagedKey } from '@keyward/contract/routes/key';
import { systemClock as clock } from '@keyward/kit/clock';
import { hashPassword } from '@keyward/kit/password';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { findFirstOwner, findUser, setPasswordHash } from '@keyward/stores/postgres/accounts';
import { insertClients, raiseClientVersion, updateKey } from '@keyward/stores/postgres/clients';
import { type Database, type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { listKeyRows } from '@keyward/stores/postgres/keys';
import { moveClient } from '@keyward/stores/postgres/move-client';
import { type EnvironmentRow, keepEnvironment } from '@keyward/stores/postgres/projects';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { administrationOn, callIn, newEnvironment } from './administration-under-test.ts';
import { untilLockIsWaitedFor } from './until-lock-waited-for.ts';

describePostgresBackends('a change that waits for another', (backend) => {
  if (backend.name === 'pglite') return it('is begun after it in an embedded database', () => undefined);
  const running = new AsyncDisposableStack();
  let administration: Administration;
  let db: Database;
  let sessions: OpenDatabase['sessions'];
  let environment: EnvironmentRow;

  beforeAll(async () => {
    ({ db, sessions } = running.use(await openDatabase(await backend.url())));
    const store = new MemoryProjectionStore(new MemoryShards(clock));
    administration = await administrationOn({ db, store, clock });
  });
  beforeEach(async () => {
    environment = (await newEnvironment(administration)).environment;
  });
  afterAll(() => running.disposeAsync());

  const now = () => new Date(clock.nowMs());
  const newKey = async (input: NewManagedKey) =>
    (await createKey(administration, callIn(environment), { input, ifExists: undefined })).body;
  const statusOf = async (id: string) => (await listKeyRows(db, [id]))[0]?.status;
  /** What `act` comes to when it has to wait for `first`, which commits then. */
  async function meanwhile<T>(first: (transaction: Database) => Promise<unknown>, act: () => Promise<T>): Promise<T> {
    const acting = await db.transaction().execute(async (transaction) => {
      await first(transaction);
      const begun = act();
      begun.catch(() => undefined); // it is awaited below
      await untilLockIsWaitedFor(sessions);
      return { begun };
    });
    return acting.begun;
  }

  it('deletes no environment in which a client was made by then, unless it is forced', async () => {
    const makeClient = async (transaction: Database) => {
      await keepEnvironment(transaction, environment.id);
      const place = { organization_id: environment.organization_id, environment_id: environment.id, template_id: null };
      const fields = { name: 'late', tenant: Buffer.alloc(32), ip_whitelist: [], metadata: '{}', is_hidden: false };
      const times = { version: 1, created_at: now(), updated_at: now() };
      const kind = { type: 'service', status: 'active', source: 'api' } as const;
      await insertClients(transaction, [{ id: newId(), ...place, ...fields, ...times, ...kind }]);
    };
    const remove = (forceDelete: boolean) =>
      deleteProject(administration, callIn(environment), { name: environment.project_env, removal: { forceDelete } });
    await expect(meanwhile(makeClient, () => remove(false))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await remove(true)).body).toMatchObject({ deleted: 'env', forced: true });
  });

  it('revokes no key that the filter does not find any more', async () => {
    const [spared, leaked] = [await newKey({ name: 'leaked' }), await newKey({ name: 'leaked too' })];
    const rename = async (transaction: Database) => {
      await raiseClientVersion(transaction, environment.id, spared.clientId, now());
      await updateKey(transaction, spared.id, { name: 'spared', updated_at: now() });
    };
    const revoking = () => revokeKeys(administration, callIn(environment), { filter: { name: 'leaked' } });
    const { body } = await meanwhile(rename, revoking);
    expect(body).toEqual({ dryRun: false, matched: 1, revoked: 1, remaining: 0, ids: [leaked.id] });
    expect([await statusOf(spared.id), await statusOf(leaked.id)]).toEqual(['active', 'revoked']);
  });

  it('finds a key whose client moves to another environment', async () => {
    const key = await newKey({ name: 'wide', reach: 'organization' });
    const { environment: other } = await newEnvironment(administration);
    const move = async (transaction: Database) => {
      await raiseClientVersion(transaction, environment.id, key.clientId, now());
      await moveClient(transaction, key.clientId, other.id);
    };
    await meanwhile(move, () => revokeKey(administration, callIn(other), key.id));
    expect(await statusOf(key.id)).toBe('revoked');
  });

  it('begins no session by a password that is replaced', async () => {
    const { userId } = (await findFirstOwner(db)) ?? { userId: '' };
    const { email } = (await findUser(db, userId)) ?? { email: '' };
    const [password, other] = [newId(), await hashPassword(newId())];
    await setPasswordHash(db, userId, await hashPassword(password));
    const call = { id: newId(), method: 'POST', headers: {}, ip: '127.0.0.1' };
    const replace = (transaction: Database) => setPasswordHash(transaction, userId, other);
    const signingIn = meanwhile(replace, () => signIn(administration, call, { email, password }));
    await expect(signingIn).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await db.selectFrom('user_session').select('id').where('user_id', '=', userId).execute()).toEqual([]);
  });
});
