import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFirstOwner, issueAccountKey } from '@keyward/admin-api/first-setup';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { freePort } from '@keyward/tests/backends/free-port';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { startServiceProcess } from '@keyward/tests/platform/service-process';
import { type Caller, call } from '@keyward/tests/platform/wire-client';
import type { Recipient } from './load/call-plan.ts';
import { RelayHold } from './relay-hold.ts';

export interface Installation extends AsyncDisposable {
  url: string;
  serverKey: string;
  recipient: Recipient;
  /** Makes clients and answers their raw keys, one for each. */
  addClients(count: number): Promise<string[]>;
  /** Nothing is relayed until this is released. */
  relayHold: RelayHold | undefined;
  /** Where these services show their metrics. */
  metricsUrls: { validator: string; ingest: string };
  /** Who uses how much: process ids by name. */
  pids: Pids;
}

export interface Pids {
  gateway: number;
  validator: number;
  redis: number;
  ingest: number;
  kafka: number;
}

interface InstallationOptions {
  /** Unless it runs, decisions are measured without what carries their events on. */
  relay?: 'runs' | 'is held';
}

/** The address that each client of an installation may call from. */
export const callerIp = '203.0.113.9';

/** Keyward as it is deployed: each service and each store a process of its own, on this machine. */
export async function startInstallation({ relay = 'runs' }: InstallationOptions = {}): Promise<Installation> {
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
  const relayHold = relay === 'is held' ? starting.use(await RelayHold.open(redis.url)) : undefined;
  const validator = starting.use(await startServiceProcess('validator', { ...shared, ...stores, ...patience }));
  const urls = { VALIDATOR_URL: validator.url, ADMIN_API_URL: admin.url };
  const open = { KEYRING_FILE: keyring, METRICS_PORT: String(await freePort()) };
  const gateway = starting.use(await startServiceProcess('gateway', { ...shared, ...urls, ...open }));

  const owner = { url: gateway.url, headers: { authorization: `Bearer ${accountKey}` } };
  const project = await call(owner, 'POST', '/project', {
    body: { slug: 'bench', name: 'Bench', envs: [{ type: 'production', templates: [fourWindows] }] },
  });
  const [{ serverKey, templates }] = project.body.envs.list;
  const published = await call(owner, 'GET', '/.well-known/encryption-keys');
  const [{ kid, public_key: publicKey }] = published.body.keys;
  const caller = { url: gateway.url, headers: { 'x-api-key': serverKey } };
  const running = starting.move();
  return {
    url: gateway.url,
    serverKey,
    recipient: { kid, publicKey },
    addClients: (count) => addClients(caller, count, templates.list[0].id),
    relayHold,
    metricsUrls: { validator: validator.url, ingest: ingest.url },
    pids: {
      gateway: gateway.process.pid,
      validator: validator.process.pid,
      redis: redis.pid,
      ingest: ingest.process.pid,
      kafka: kafka.pid,
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const plenty = 1_000_000_000_000;
const fourWindows = {
  name: 'four windows',
  ...{ rateLimitHour: plenty, rateLimitDay: plenty, rateLimitWeek: plenty, rateLimitMonth: plenty },
};
const ipWhitelist = ['198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'];

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

/** Each is limited in four windows, and may call from a few networks. */
async function addClients(caller: Caller, count: number, templateId: string): Promise<string[]> {
  const keys: string[] = [];
  for (let i = 0; i < count; i += 100) {
    const body = Array.from({ length: Math.min(100, count - i) }, () => ({
      name: `client ${newId()}`,
      ...{ templateId, ipWhitelist, keys: [{ name: 'k' }] },
    }));
    const { status, body: made } = await call(caller, 'POST', '/client', { body });
    if (status !== 201) throw new Error(`clients could not be made: ${JSON.stringify(made)}`);
    for (const client of made) keys.push(client.keys[0].key);
  }
  return keys;
}
