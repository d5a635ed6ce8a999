import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshKafkaUrl, freshPostgresUrl } from '@keyward/tests/backends/isolate';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { runProgram } from '@keyward/tests/backends/run-program';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { patientMs } from '@keyward/tests/platform/patient-ms';
import { startServiceProcess } from '@keyward/tests/platform/service-process';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import type { Fixture, FixtureKey } from '@keyward/tests/upgrade/fixture';
import { loadKafka, loadPostgres, loadRedis, readFixture } from '@keyward/tests/upgrade/load-fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
type Service = Parameters<typeof startServiceProcess>[0];

/** See tests/README.md for how the fixture is made. */
describe('what the release before has left behind [real]', () => {
  const running = new AsyncDisposableStack();
  let fixture: Fixture;
  let keyringFile: string;
  let servers: Record<'postgres' | 'kafka', string>;

  beforeAll(async () => {
    const [postgres, kafka] = await Promise.all([startNativePostgres(), startNativeKafka()]);
    for (const server of [postgres, kafka]) running.defer(() => server.stop());
    servers = { postgres: postgres.url, kafka: kafka.url };
    fixture = await readFixture();
    const folder = await mkdtemp(join(tmpdir(), 'keyward-upgrade-'));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    keyringFile = join(folder, 'keyring.json');
    await writeFile(keyringFile, fixture.keyring, { mode: 0o600 });
  });
  afterAll(() => running.disposeAsync());

  const loadStores = async () => {
    const redis = await startNativeRedis();
    running.defer(() => redis.stop());
    const log = new URL(freshKafkaUrl(servers.kafka));
    log.searchParams.set('partitions', String(fixture.partitions));
    const urls = { redis: redis.url, postgres: (await freshPostgresUrl(servers.postgres)).url, kafka: log.href };
    await Promise.all([
      loadPostgres(urls.postgres),
      loadRedis(urls.redis, fixture),
      loadKafka(urls.kafka, { fixture, times: 2 }),
    ]);
    return urls;
  };

  it.each<{ order: Service[] }>([
    { order: ['validator', 'gateway', 'ingest', 'admin-api'] },
    { order: ['admin-api', 'ingest', 'validator', 'gateway'] },
  ])('is understood and counted once, in this order of restart: $order', async ({ order }) => {
    await using own = new AsyncDisposableStack();
    const urls = await loadStores();
    const { secrets } = fixture;
    const environment: Record<string, string> = {
      ...{ PEPPER: secrets.pepper, PROJECTION_KEY: secrets.projectionKey, SERVICE_TOKEN: secrets.serviceToken },
      ...{ MASTER_KEY: secrets.masterKey, KEYRING_FILE: keyringFile, STORE_TIMEOUT_MS: String(patientMs) },
      ...{ REDIS_URL: urls.redis, DATABASE_URL: urls.postgres, EVENT_LOG_URL: urls.kafka },
      // Until it is there, nobody manages anything.
      ADMIN_API_URL: 'http://127.0.0.1:9',
    };
    const migrating = runProgram(process.execPath, ['services/admin-api/src/keyward-main.ts', 'migrate'], {
      ...{ cwd: root, env: { ...process.env, ...environment }, timeoutMs: 60_000 },
    });
    expect(await migrating).toContain('Applied: ');
    const { good, limited, revoked } = fixture.keys;
    const told = new Map<FixtureKey, number>([good, limited, revoked].map((key) => [key, 0]));
    const headers = { 'x-api-key': fixture.serverKey };
    const ask = async (url: string, key: FixtureKey) => {
      const { body } = await validatePlain({ url, headers }, { key: key.key });
      told.set(key, (told.get(key) ?? 0) + 1);
      return body.success === true ? 'ALLOWED' : (body.code ?? body.error);
    };
    const addresses: Partial<Record<Service, string>> = {};
    for (const service of order) {
      const { url } = own.use(await startServiceProcess(service, environment));
      addresses[service] = url;
      if (service === 'validator') environment.VALIDATOR_URL = url;
      if (service === 'admin-api') environment.ADMIN_API_URL = url;
      if (service !== 'gateway') continue;
      expect(await ask(url, good)).toBe(good.verdict);
      expect(await ask(url, revoked)).toBe(revoked.verdict);
      // What the release had counted is used, as long as its day lasts.
      const left = fixture.limit - (isSameDay(fixture.untilMs) ? limited.calls : 0);
      for (let i = 0; i < left; i += 1) expect(await ask(url, limited)).toBe('ALLOWED');
      expect(await ask(url, limited)).toBe('RATE_LIMITED');
    }

    const counts = async () =>
      withPostgres(urls.postgres, async (client) => {
        const { rows } = await client.query('select key_id, sum(count) as n from usage_hour group by key_id');
        return new Map(rows.map(({ key_id: id, n }) => [id, Number(n)]));
      });
    const wanted = new Map([...told].map(([{ keyId, calls }, calledNow]) => [keyId, calls + calledNow]));
    const total = (sums: Map<string, number>) => [...sums.values()].reduce((sum, n) => sum + n, 0);
    await waitUntil(async () => total(await counts()) >= total(wanted), { what: 'all events', timeoutMs: 60_000 });
    expect(await counts()).toEqual(wanted);
    const dead = await withPostgres(urls.postgres, (client) => client.query('select reason from event_dead'));
    expect(dead.rows).toEqual([]);

    const manage = { url: addresses['admin-api'] ?? '', headers };
    const calls = good.calls + (told.get(good) ?? 0);
    expect((await call(manage, 'GET', `/key/${good.keyId}`)).body).toMatchObject({ useCount: calls });
    // What docs/upgrading.md says of verifications.
    const rebuilding = runProgram(
      process.execPath,
      ['services/admin-api/src/keyward-main.ts', 'projection', 'rebuild'],
      {
        ...{ cwd: root, env: { ...process.env, ...environment }, timeoutMs: 60_000 },
      },
    );
    expect(await rebuilding).toContain('Ended again: 0 in all');
    const gateway = { url: addresses.gateway ?? '', headers };
    const verified = await call(gateway, 'POST', '/key/verify', { body: { key: good.key } });
    expect(verified.body).toMatchObject({ valid: true, key: { name: 'first', useCount: (told.get(good) ?? 0) + 1 } });
    const changed = await call(manage, 'PUT', `/client/${good.clientId}`, { body: { status: 'disabled' } });
    expect(changed.body.propagation).toBeUndefined();
    expect(await ask(addresses.gateway ?? '', good)).toBe('CLIENT_DISABLED');
  });
});

function isSameDay(timeMs: number): boolean {
  return new Date(timeMs).toISOString().slice(0, 10) === new Date().toISOString().slice(0, 10);
}
