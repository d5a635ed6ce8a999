import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFirstOwner, issueAccountKey } from '@keyward/admin-api/first-setup';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { systemClock } from '@keyward/kit/clock';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { startServiceProcess } from '@keyward/tests/platform/service-process';
import { type Caller, call } from '@keyward/tests/platform/wire-client';

export interface Installation extends AsyncDisposable {
  url: string;
  serverKey: string;
  serverPublicKey: string;
  /** Raw customer keys, one for each client. */
  keys: string[];
  /** Who uses how much: process ids by name. */
  pids: Record<string, number>;
}

/** Keyward as it is deployed: each service and each store a process of its own, on this machine. */
export async function startInstallation({ clients }: { clients: number }): Promise<Installation> {
  await using starting = new AsyncDisposableStack();
  const own = <T extends { stop(): Promise<void> }>(server: T) => starting.adopt(server, (each) => each.stop());
  const [redis, postgres, kafka] = await Promise.all([startNativeRedis(), startNativePostgres(), startNativeKafka()]);
  for (const server of [redis, postgres, kafka]) own(server);
  const folder = await mkdtemp(join(tmpdir(), 'keyward-bench-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const keyring = join(folder, 'keyring.json');
  await writeFile(keyring, printKeyring(keyringOf([createKeyringEntry({ nowMs: systemClock.nowMs() })])), {
    mode: 0o600,
  });

  const secret = () => randomBytes(32).toString('base64url');
  const shared = { PEPPER: secret(), PROJECTION_KEY: secret(), SERVICE_TOKEN: secret(), REDIS_URL: redis.url };
  const stores = { DATABASE_URL: postgres.url, EVENT_LOG_URL: `${kafka.url}/validation.v1` };
  const accountKey = await prepareDatabase(postgres.url, shared.PEPPER);
  const admin = starting.use(await startServiceProcess('admin-api', { ...shared, ...stores, MASTER_KEY: secret() }));
  const ingest = starting.use(await startServiceProcess('ingest', stores));
  // Everything is on this machine and at its limit, so that Redis may wait for a core far longer than in a deployment.
  const patience = { STORE_TIMEOUT_MS: '1000' };
  const validator = starting.use(await startServiceProcess('validator', { ...shared, ...stores, ...patience }));
  const urls = { VALIDATOR_URL: validator.url, ADMIN_API_URL: admin.url };
  const gateway = starting.use(await startServiceProcess('gateway', { ...shared, ...urls, KEYRING_FILE: keyring }));

  const owner = { url: gateway.url, headers: { authorization: `Bearer ${accountKey}` } };
  const project = await call(owner, 'POST', '/project', {
    body: { slug: 'bench', name: 'Bench', envs: [{ type: 'production' }] },
  });
  const serverKey: string = project.body.envs.list[0].serverKey;
  const published = await call(owner, 'GET', '/.well-known/encryption-keys');
  const keys = await createKeys({ url: gateway.url, headers: { 'x-api-key': serverKey } }, clients);
  const running = starting.move();
  return {
    url: gateway.url,
    serverKey,
    serverPublicKey: published.body.keys[0].public_key,
    keys,
    pids: {
      gateway: gateway.process.pid,
      validator: validator.process.pid,
      redis: redis.pid,
      ingest: ingest.process.pid,
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function prepareDatabase(url: string, pepper: string): Promise<string> {
  await using database = await openDatabase(url);
  await migrate(database.db);
  const setUp = { db: database.db, pepper: Buffer.from(pepper), clock: systemClock };
  const { userId } = await createFirstOwner(setUp, {
    organization: 'Bench',
    email: 'bench@example.test',
    password: pepper,
  });
  return await issueAccountKey(setUp, userId, 'bench');
}

async function createKeys(caller: Caller, clients: number): Promise<string[]> {
  const keys: string[] = [];
  for (let i = 0; i < clients; i += 100) {
    const body = Array.from({ length: Math.min(100, clients - i) }, (_, j) => ({
      name: `client ${i + j}`,
      keys: [{ name: 'k' }],
    }));
    const { body: made } = await call(caller, 'POST', '/client', { body });
    for (const client of made) keys.push(client.keys[0].key);
  }
  return keys;
}
