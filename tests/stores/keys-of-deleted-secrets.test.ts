import type { Administration } from '@keyward/admin-api/administration';
import { createKey, createKeys } from '@keyward/admin-api/keys/create-keys';
import { rotateKey } from '@keyward/admin-api/keys/rotate-key';
import { claimRotation } from '@keyward/admin-api/keys/rotations';
import { addSigningSecret, removeSigningSecret } from '@keyward/admin-api/projects/signing-secrets';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { insertRotations } from '@keyward/stores/postgres/key-rotations';
import { listKeyRows } from '@keyward/stores/postgres/keys';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { TestClock } from '@keyward/tests/platform/run-management';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { administrationOn, callIn, newEnvironment } from './administration-under-test.ts';

/** As `db`; what is done first comes before each transaction. */
function delayed(db: Database, first: () => Promise<unknown>): Database {
  const transaction = () => ({
    execute: async <T>(work: (transaction: Database) => Promise<T>) => {
      await first();
      return db.transaction().execute(work);
    },
  });
  return new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') return transaction;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describePostgresBackends('a signing secret that is deleted with its keys', (backend) => {
  const running = new AsyncDisposableStack();
  const clock = new TestClock();
  let administration: Administration;
  let environment: EnvironmentRow;
  let clientId: string;
  let keyId: string;

  beforeAll(async () => {
    const { db } = running.use(await openDatabase(await backend.url()));
    const store = new MemoryProjectionStore(new MemoryShards(clock));
    administration = await administrationOn({ db, store, clock });
  });
  beforeEach(async () => {
    environment = (await newEnvironment(administration)).environment;
  });
  afterAll(() => running.disposeAsync());

  const newKey = async (of: Administration) =>
    (await createKey(of, callIn(environment), { input: { name: 'k' }, ifExists: undefined })).body;
  const rotationOfKey = async () => {
    const { organization_id, id: environment_id } = environment;
    const row = { id: newId(), organization_id, environment_id, client_id: clientId, key_id: keyId };
    await insertRotations(administration.db, [{ ...row, created_at: new Date(clock.nowMs()) }]);
    return row.id;
  };
  const ways: [string, (of: Administration) => Promise<string | undefined>][] = [
    ['created', async (of) => (await newKey(of)).id],
    [
      'created with others',
      async (of) => (await createKeys(of, callIn(environment), [{ name: 'k' }])).body.data[0]?.id,
    ],
    [
      'rotated',
      async (of) => {
        const options = { id: keyId, overlapSeconds: 0, expiresAt: undefined };
        return (await rotateKey(of, callIn(environment), options)).body.id;
      },
    ],
    [
      'claimed',
      async (of) => {
        const options = { clientId, rotationId: await rotationOfKey(), overlapSeconds: 0 };
        return (await claimRotation(of, callIn(environment), options)).body.id;
      },
    ],
  ];

  it.each(ways)('has signed none that is %s while it goes', async (_, make) => {
    ({ id: keyId, clientId } = await newKey(administration));
    const addFirst = async () =>
      (await addSigningSecret(administration, callIn(environment), { name: 'next', first: true })).body;
    const old = await addFirst();
    const replaceOld = async () => {
      await addFirst();
      await removeSigningSecret(administration, callIn(environment), { id: old.id, revokeKeys: true });
    };
    const id = await make({ ...administration, db: delayed(administration.db, replaceOld) });
    const [made] = await listKeyRows(administration.db, [id ?? '']);
    expect(made).toMatchObject({ status: 'active' });
    expect(made?.signing_secret_id).not.toBe(old.id);
  });
});
