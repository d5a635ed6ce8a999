import { setTimeout as pause } from 'node:timers/promises';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { type Ask, CountedLoad, callOf } from '@keyward/tests/platform/counted-load';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { GatewayCaller } from '@keyward/tests/platform/gateway-caller';
import { createEnvironment } from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { longEnoughMs, type Replicated, serviceNames, startReplicated } from '@keyward/tests/platform/start-replicated';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const connections = 8;
const gapMs = 10;
const everyMs = 50;

/** Two of each, behind addresses that hear of readiness late; every process is replaced while calls go on. */
describe('a restart of every service under load [real]', () => {
  const running = new AsyncDisposableStack();
  let platform: Replicated;
  let postgres: NativeServer;

  beforeAll(async () => {
    const own = (server: NativeServer) => running.adopt(server, (each) => each.stop());
    const [redis, database, kafka] = await Promise.all([startNativeRedis(), startNativePostgres(), startNativeKafka()]);
    postgres = own(database);
    const log = `${own(kafka).url}/validation.v1?group=ingest&partitions=4`;
    const urls = { redis: own(redis).url, postgres: database.url, kafka: log };
    platform = running.use(await startReplicated(urls, { replicas: 2, drainMs: longEnoughMs }));
  });
  afterAll(() => running.disposeAsync());

  it('fails no call and counts each once, whichever service it is', { timeout: 180_000 }, async () => {
    const environment = await createEnvironment(platform.owner);
    const [good, limited, revoked] = [
      await newClient(environment),
      await newClient(environment, { rateLimit: { requests: 20, window: 'hour' } }),
      await newClient(environment),
    ];
    expectDone(await call(environment, 'DELETE', `/client/${revoked.id}?keyId=${revoked.keyId}`));
    const keys = [good, limited, revoked].map(({ key }) => key);
    await using gateways = new GatewayCaller({ ...platform, serverKey: environment.serverKey });
    let isOver = false;
    const ask: Ask = async (methodPath, connection) => {
      await pause(gapMs);
      const key = keys[callOf(methodPath) % keys.length] ?? '';
      // Every other connection is of an SDK that seals what it sends.
      const isSealed = connection % 2 === 1;
      const sent = isSealed ? gateways.sealed(gateways.envelope(key), methodPath) : gateways.plain(key, methodPath);
      return (await sent).verdict;
    };
    const load = new CountedLoad({ ask, connections, goOn: () => !isOver });
    const managed: number[] = [];
    const manage = async () => {
      for (let i = 0; !isOver; i += 1) {
        const change = { method: 'PUT', path: `/client/${good.id}`, body: { name: `renamed ${i}` } };
        const read = { method: 'GET', path: `/client/${good.id}`, body: undefined };
        const { method, path, body } = i % 5 === 0 ? change : read;
        managed.push((await call(environment, method, path, { body })).status);
        await pause(everyMs);
      }
    };
    const restartAll = async () => {
      try {
        for (const name of serviceNames) expect(await platform.restart(name), name).toEqual([0, 0]);
      } finally {
        isOver = true;
      }
    };
    await Promise.all([load.run(), manage(), restartAll()]);

    process.stdout.write(
      `${load.sent} validations and ${managed.length} other calls, while 8 processes were replaced\n`,
    );
    expect(load.unanswered).toBe(0);
    expect(managed.filter((status) => status !== 200)).toEqual([]);
    const isBalanced = async () => (await call(platform.owner, 'GET', '/conservation')).body.balanced === true;
    await waitUntil(isBalanced, { what: 'all to be counted', timeoutMs: 30_000 });
    const counted = await withPostgres(postgres.url, async (client) => {
      const { rows } = await client.query<{ method_path: string; verdict: string }>(
        'select method_path, verdict from request_log',
      );
      return rows.map(({ method_path: path, verdict }) => `${callOf(path)} ${verdict}`);
    });
    expect(counted.sort()).toEqual([...load.told].map(([number, verdict]) => `${number} ${verdict}`).sort());
    expect(new Set(load.told.values())).toEqual(new Set(['ALLOWED', 'RATE_LIMITED', 'REVOKED']));
  });
});
