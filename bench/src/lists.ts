/**
 * What lists cost when there is much to list: 100,000 clients and 1,000,000 keys in one environment, and 1,000,000 audit records,
 * on a Postgres with its defaults. `node_modules/node/bin/node bench/src/lists.ts [clients, in thousands]` prints ms for each list, over
 * HTTP, and the CPU time that admin-api took for each answer.
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
import { seedAudit } from '@keyward/tests/platform/seed-audit';
import { seedClients } from '@keyward/tests/platform/seed-clients';
import { startServiceProcess } from '@keyward/tests/platform/service-process';
import { call } from '@keyward/tests/platform/wire-client';
import { cpuTimeUs } from './stack/cpu-time.ts';

const clients = Number(process.argv[2] ?? 100) * 1_000;
const keysPerClient = 10;
const rounds = 30;
/** Not measured: by then what answers a list is compiled. */
const warmUps = 10;

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
process.stdout.write(`writing ${clients} clients, ${clients * keysPerClient} keys and as many audit records …\n`);
const seed = { environmentId: environment.id, organizationId, clients, keysPerClient };
const { templateId } = await seedClients(sessions, seed);
await seedAudit(sessions, { ...seed, records: clients * keysPerClient });
// Soon Postgres would do it by itself.
await withPostgres(postgres.url, (client) => client.query('vacuum analyze'));

const lastPage = Math.ceil(clients / 100);
const daysFromNow = (days: number) => new Date(systemClock.nowMs() + days * 86_400_000).toISOString();
const ofClients = [
  ...['', 'limit=100', `limit=100&page=${lastPage}`, 'name=a1b2', 'name=customer', 'type=company', 'status=disabled'],
  ...['type=device&status=active', `templateId=${templateId}`],
];
const ofKeys = [
  ...['', 'limit=100', 'limit=100&page=1000', 'status=active', 'status=expired', 'status=revoked', 'status=disabled'],
  ...['name=key+7', 'name=nothing', 'prefix=apikee_a1', `createdBefore=${daysFromNow(-30)}`],
  ...[`expiresBefore=${daysFromNow(500)}`, `expiresBefore=${daysFromNow(-300)}`],
  ...[`unusedSince=${daysFromNow(1)}`, `unusedSince=${daysFromNow(-30)}`],
];
const aMonth = `from=${daysFromNow(-210)}&to=${daysFromNow(-180)}`;
const ofAudit = [
  ...['', 'limit=100', `from=${daysFromNow(-7)}`, `to=${daysFromNow(-180)}`, aMonth, 'outcome=denied'],
  ...['action=key.revoke', `action=key.revoke&${aMonth}`, 'project_env=bench-production'],
];
const inEnvironment = (path: string) => (query: string) => `/${path}?${query}&project_env=bench-production`;
const lists = [
  ...ofClients.map(inEnvironment('client')),
  ...ofKeys.map(inEnvironment('key')),
  ...ofAudit.map((query) => `/audit?${query}`),
];
process.stdout.write(`${'list'.padEnd(100)}  found    p50    p95    cpu  ms\n`);
for (const list of lists) {
  for (let i = 0; i < warmUps; i += 1) await call(owner, 'GET', list);
  const timesMs: number[] = [];
  let found = 0;
  const startedUs = cpuTimeUs(admin.process.pid);
  for (let i = 0; i < rounds; i += 1) {
    const startedMs = systemClock.monotonicMs();
    const { status, body } = await call(owner, 'GET', list);
    timesMs.push(systemClock.monotonicMs() - startedMs);
    if (status !== 200) throw new Error(`${list} was answered ${status}: ${body.message}`);
    found = body.pagination?.total ?? body.data.length;
  }
  timesMs.sort((a, b) => a - b);
  const at = (part: number) => (timesMs[Math.floor(rounds * part)] ?? 0).toFixed(1).padStart(6);
  const cpuMs = ((cpuTimeUs(admin.process.pid) - startedUs) / 1_000 / rounds).toFixed(1).padStart(6);
  process.stdout.write(`${list.padEnd(100)} ${String(found).padStart(6)} ${at(0.5)} ${at(0.95)} ${cpuMs}\n`);
}
