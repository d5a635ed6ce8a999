/**
 * `node_modules/node/bin/node tests/src/upgrade/make-fixture.ts <commit>` makes `tests/fixtures/upgrade` anew from the code of that commit:
 * what its Postgres, its Redis and its event log hold after some calls. The services and the helpers that prepare an installation are the
 * commit's own, from a work tree; the servers are started by this release's.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { startNativeKafka } from '../backends/kafka-broker.ts';
import { withPostgres } from '../backends/postgres-admin.ts';
import { dumpablePostgres } from '../backends/postgres-programs.ts';
import { startNativePostgres } from '../backends/postgres-server.ts';
import { startNativeRedis } from '../backends/redis-server.ts';
import { runProgram } from '../backends/run-program.ts';
import { waitUntil } from '../backends/wait-until.ts';
import { readOutboxes } from '../platform/pipeline/read-outboxes.ts';
import { dumpRedis } from './dump-redis.ts';
import type { Fixture, FixtureKey, FixtureRecord } from './fixture.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'tests/fixtures/upgrade');
const partitions = 2;
const limit = 12;

/** What the helpers of every release have in common, as far as it is needed here. */
interface Helpers {
  prepareInstallation(
    url: string,
  ): Promise<{ secrets: Fixture['secrets']; keyringFile: string; accountKey: string } & AsyncDisposable>;
  createEnvironment(owner: Caller): Promise<Caller & { serverKey: string }>;
  startServiceProcess(
    service: string,
    environment: Record<string, string>,
  ): Promise<{ url: string; process: { kill(): Promise<void> } } & AsyncDisposable>;
  newClient(environment: Caller, key?: object): Promise<{ id: string; keyId: string; key: string }>;
  call(caller: Caller, method: string, path: string): Promise<{ status: number }>;
  validatePlain(caller: Caller, options: { key: string }): Promise<{ body: { success?: boolean; code?: string } }>;
}
interface Caller {
  url: string;
  headers: Record<string, string>;
}

await using own = new AsyncDisposableStack();
const commit = (await git('rev-parse', process.argv[2] ?? 'HEAD')).trim();
const tree = await mkdtemp(join(tmpdir(), 'keyward-release-'));
own.defer(() => rm(tree, { recursive: true, force: true }));
await git('worktree', 'add', '--detach', tree, commit);
own.defer(async () => void (await git('worktree', 'remove', '--force', tree)));
await runProgram('npx', ['--yes', 'pnpm@12.21.0', 'install', '--frozen-lockfile'], {
  cwd: tree,
  env: { ...process.env, CI: 'true' },
  timeoutMs: 300_000,
});
const helpers = await importHelpers();

const programs = await dumpablePostgres();
if (!programs) throw new Error('a Postgres with pg_dump is needed');
const fromMs = Date.now();
const postgres = own.adopt(await startNativePostgres({}, programs), (server) => server.stop());
const redis = own.adopt(await startNativeRedis(), (server) => server.stop());
const kafka = own.adopt(await startNativeKafka(), (server) => server.stop());
const installation = own.use(await helpers.prepareInstallation(postgres.url));
const { secrets } = installation;
const shared = {
  ...{ PEPPER: secrets.pepper, PROJECTION_KEY: secrets.projectionKey, SERVICE_TOKEN: secrets.serviceToken },
  ...{ MASTER_KEY: secrets.masterKey, KEYRING_FILE: installation.keyringFile, STORE_TIMEOUT_MS: '2000' },
  ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url },
  EVENT_LOG_URL: `${kafka.url}/validation.v1?group=ingest&partitions=${partitions}`,
};
const start = async (service: string, more: Record<string, string> = {}) =>
  own.use(await helpers.startServiceProcess(service, { ...shared, ...more }));
const adminApi = await start('admin-api');
const validator = await start('validator');
const ingest = await start('ingest');
const gateway = await start('gateway', { VALIDATOR_URL: validator.url, ADMIN_API_URL: adminApi.url });
const environment = await helpers.createEnvironment({
  url: gateway.url,
  headers: { authorization: `Bearer ${installation.accountKey}` },
});
const newKey = async (verdict: string, fields: object = {}): Promise<FixtureKey> => {
  const { id, keyId, key } = await helpers.newClient(environment, fields);
  return { clientId: id, keyId, key, verdict, calls: 0 };
};
const keys = {
  good: await newKey('ALLOWED'),
  limited: await newKey('ALLOWED', { rateLimit: { requests: limit, window: 'day' } }),
  revoked: await newKey('REVOKED'),
};
await helpers.call(environment, 'DELETE', `/client/${keys.revoked.clientId}?keyId=${keys.revoked.keyId}`);
const callAll = async () => {
  for (const each of [keys.good, keys.good, keys.limited, keys.revoked]) {
    const { body } = await helpers.validatePlain(environment, { key: each.key });
    const verdict = body.success === true ? 'ALLOWED' : body.code;
    if (verdict !== each.verdict) throw new Error(`${each.verdict} was answered ${verdict}`);
    each.calls += 1;
  }
};
const isRelayed = async () => (await readOutboxes(redis.url)).every(({ waiting }) => waiting === 0);

// Some are counted, some lie in the log, and some in the outboxes.
await callAll();
await callAll();
const counted = async () =>
  withPostgres(postgres.url, async (client) => {
    const { rows } = await client.query('select coalesce(sum(count), 0) as n from usage_hour');
    return Number(rows[0].n) === 8;
  });
await waitUntil(counted, { what: 'the first calls to be counted', timeoutMs: 60_000 });
await ingest.process.kill();
await callAll();
await callAll();
await waitUntil(isRelayed, { what: 'the outboxes to be relayed', timeoutMs: 60_000 });
const records = (await readRecords()).slice(8);
await kafka.kill();
await callAll();
for (const { process } of [gateway, validator, adminApi]) await process.kill();

const { host, port, user, password, database } = partsOf(postgres.url);
const sql = await runProgram(
  join(programs.folder, 'pg_dump'),
  ['--inserts', '--rows-per-insert=100', '--no-owner', '--no-privileges', '--no-comments'],
  {
    env: { ...process.env, PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password, PGDATABASE: database },
    timeoutMs: 60_000,
  },
);
const kept = sql.split('\n').filter((line) => line !== '' && !/^(--|\\)/.test(line));
await writeFile(join(folder, 'postgres.sql'), `${kept.join('\n')}\n`);
const fixture: Fixture = {
  ...{ commit, fromMs, untilMs: Date.now(), secrets, keyring: await readFile(installation.keyringFile, 'utf8') },
  ...{ serverKey: environment.serverKey, limit, keys, partitions, records, redis: await dumpRedis(redis.url) },
};
await writeFile(join(folder, 'release.json'), `${JSON.stringify(fixture, null, 1)}\n`);
process.stdout.write(`made from ${commit}: ${records.length} records, ${fixture.redis.length} keys of Redis\n`);

function git(...args: string[]): Promise<string> {
  return runProgram('git', args, { cwd: root, timeoutMs: 60_000 });
}

async function importHelpers(): Promise<Helpers> {
  const parts = ['prepare-installation', 'service-process', 'run-platform', 'wire-client'].map(
    (name) => import(pathToFileURL(join(tree, `tests/src/platform/${name}.ts`)).href),
  );
  return Object.assign({}, ...(await Promise.all(parts)));
}

/** In the order of their partitions; those of the first calls come first in each, so they are told by their number. */
async function readRecords(): Promise<FixtureRecord[]> {
  const client = new Kafka({ brokers: [new URL(kafka.url).host], logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId: 'fixture' });
  const read: (FixtureRecord & { timestamp: string })[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: 'validation.v1', fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
        read.push({
          ...{ partition, key: message.key?.toString() ?? null, headers: Object.fromEntries(headers) },
          ...{ value: (message.value ?? Buffer.alloc(0)).toString('base64'), timestamp: message.timestamp },
        });
      },
    });
    await waitUntil(() => read.length >= 16, { what: 'the records', timeoutMs: 60_000 });
  } finally {
    await consumer.disconnect();
  }
  return read
    .toSorted((a, b) => Number(a.timestamp) - Number(b.timestamp))
    .map(({ timestamp: _, ...record }) => record);
}

function partsOf(url: string) {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  return { host, port, user, password, database: pathname.slice(1) };
}
