/**
 * What lists cost when there is much to list: 100,000 clients and 1,000,000 keys in one environment, on a Postgres with its
 * defaults. `node_modules/node/bin/node bench/src/lists.ts [clients, in thousands]` prints ms for each list, over HTTP.
 */
import { randomBytes } from 'node:crypto';
import { createFirstOwner, issueAccountKey } from '@keyward/admin-api/first-setup';
import { systemClock } from '@keyward/kit/clock';
import { findFirstOwner } from '@keyward/stores/postgres/accounts';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { findEnvironment } from '@keyward/stores/postgres/projects';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startServiceProcess } from '@keyward/tests/platform/service-process';
import { call } from '@keyward/tests/platform/wire-client';
import { seedClients } from './seed-clients.ts';

const clients = Number(process.argv[2] ?? 100) * 1_000;
const keysPerClient = 10;
const rounds = 30;

await using stores = new AsyncDisposableStack();
const postgres = await startNativePostgres();
stores.defer(() => postgres.stop());
const { db, sessions } = stores.use(await openDatabase(postgres.url, { queryTimeoutMs: 0 }));
await migrate(db);
const secret = () => randomBytes(32).toString('base64url');
const PEPPER = secret();
const setUp = { db, pepper: Buffer.from(PEPPER), clock: systemClock };
const { userId } = await createFirstOwner(setUp, { organization: 'b', email: 'b@example.test', password: secret() });
const authorization = `Bearer ${await issueAccountKey(setUp, userId, 'bench')}`;
const keys = { PEPPER, MASTER_KEY: secret(), PROJECTION_KEY: secret(), SERVICE_TOKEN: secret() };
const admin = stores.use(
  await startServiceProcess('admin-api', { DATABASE_URL: postgres.url, REDIS_URL: 'memory:bench', ...keys }),
);
const owner = { url: admin.url, headers: { authorization } };
await call(owner, 'POST', '/project', { body: { slug: 'bench', name: 'Bench', envs: [{ type: 'production' }] } });
const { organizationId = '' } = (await findFirstOwner(db)) ?? {};
const environment = await findEnvironment(db, organizationId, { projectEnv: 'bench-production' });
if (!environment) throw new Error('the environment was not made');
process.stdout.write(`writing ${clients} clients and ${clients * keysPerClient} keys …\n`);
const seed = { environmentId: environment.id, organizationId, clients, keysPerClient };
const { templateId } = await seedClients(sessions, seed);
// Soon Postgres would do it by itself.
await withPostgres(postgres.url, (client) => client.query('vacuum analyze'));

const lastPage = Math.ceil(clients / 100);
const lists = [
  ...['', 'limit=100', `limit=100&page=${lastPage}`, 'name=a1b2', 'type=company', 'status=disabled'].map(
    (query) => `/client?${query}`,
  ),
  `/client?templateId=${templateId}`,
  ...[
    '',
    'limit=100',
    'limit=100&page=1000',
    'status=active',
    'status=expired',
    'status=revoked',
    'status=disabled',
  ].map((query) => `/key?${query}`),
  ...['name=key+7', 'name=nothing', 'prefix=apikee_a1', 'expiresBefore=2031-01-01T00:00:00Z'].map(
    (query) => `/key?${query}`,
  ),
  '/key?unusedSince=2100-01-01T00:00:00Z',
];
process.stdout.write(`${'list'.padEnd(70)}  total    p50    p95  ms\n`);
for (const list of lists) {
  const timesMs: number[] = [];
  let total = 0;
  for (let i = 0; i < rounds; i += 1) {
    const startedMs = systemClock.monotonicMs();
    const { status, body } = await call(owner, 'GET', `${list}&project_env=bench-production`);
    timesMs.push(systemClock.monotonicMs() - startedMs);
    if (status !== 200) throw new Error(`${list} was answered ${status}: ${body.message}`);
    total = body.pagination.total;
  }
  timesMs.sort((a, b) => a - b);
  const at = (part: number) => (timesMs[Math.floor(rounds * part)] ?? 0).toFixed(1).padStart(6);
  process.stdout.write(`${list.padEnd(70)} ${String(total).padStart(6)} ${at(0.5)} ${at(0.95)}\n`);
}
