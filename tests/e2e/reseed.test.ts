import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProjectionStore } from '@keyward/stores/open-shards';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { freshKafkaUrl, freshPostgresUrl } from '@keyward/tests/backends/isolate';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedisCluster } from '@keyward/tests/backends/redis-cluster';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { StartCommand } from '@keyward/tests/platform/start-command';
import { type Answer, type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const limit = 100;
const used = 60;

async function newLimitedClient(caller: Caller): Promise<{ id: string; key: string }> {
  const template = await call(caller, 'POST', '/template', { body: { name: 'limited', rateLimitMonth: limit } });
  const body = { name: 'limited', templateId: template.body.id, keys: [{ name: 'k' }] };
  const made = await call(caller, 'POST', '/client', { body });
  expect(made.status).toBe(201);
  return { id: made.body.id, key: made.body.keys[0].key };
}

const askOften = (caller: Caller, key: string, times: number) =>
  Promise.all(Array.from({ length: times }, () => validatePlain(caller, { key })));
const allowed = (answers: Answer[]) => answers.filter(({ body }) => body.success === true).length;
const refused = (answers: Answer[]) => answers.filter(({ body }) => body.code === 'RATE_LIMITED').length;

describe.each([
  { name: 'real', start: async () => ownRedis(await startNativeRedis()) },
  { name: 'real-cluster', start: ownCluster },
])('limits after a whole Redis was lost [$name]', ({ start }) => {
  const running = new AsyncDisposableStack();
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let db: Database;
  let redis: OwnRedis;
  let postgres: string;

  beforeAll(async () => {
    const servers = await Promise.all([start(), startNativePostgres(), startNativeKafka()]);
    for (const server of servers) running.defer(() => server.stop());
    const [ofRedis, ofPostgres, ofKafka] = servers;
    redis = ofRedis;
    postgres = (await freshPostgresUrl(ofPostgres.url)).url;
    platform = running.use(await runPlatform({ redis: redis.url, postgres, kafka: freshKafkaUrl(ofKafka.url) }));
    ({ db } = running.use(await openDatabase(postgres)));
    environment = await platform.newEnvironment();
  });
  afterAll(() => running.disposeAsync());

  const untilGivenBack = async () => {
    await using store = await openProjectionStore(redis.url);
    const isWhole = async () => (await store.isComplete()) && (await store.readLostTotals(1)).clients.length === 0;
    await waitUntil(isWhole, { what: 'the totals to be given back', timeoutMs: 30_000 });
  };
  const spent = async (clientId: string) => {
    const rows = await db.selectFrom('usage_hour').select('cost').where('client_id', '=', clientId).execute();
    return rows.reduce((sum, { cost }) => sum + cost, 0);
  };
  /** Meanwhile ingest can look, and cannot count. */
  const whileNothingIsCounted = (work: () => Promise<void>) =>
    withPostgres(postgres, async (client) => {
      await client.query('begin');
      await client.query('lock table consumer_offset in exclusive mode');
      await work();
      await client.query('rollback');
    });

  it('go on where they stood, although ingest was behind when it happened', async () => {
    const client = await newLimitedClient(environment);
    expect(allowed(await askOften(environment, client.key, used))).toBe(used);
    await waitUntil(async () => (await spent(client.id)) === used, { what: 'the first calls', timeoutMs: 20_000 });
    await whileNothingIsCounted(async () => {
      expect(allowed(await askOften(environment, client.key, 10))).toBe(10);
      await waitUntil(redis.isRelayed, { what: 'the events to reach the log', timeoutMs: 20_000 });
      await redis.empty();
      await using store = await openProjectionStore(redis.url);
      await waitUntil(() => store.isComplete(), { what: 'the projection', timeoutMs: 20_000 });
      expect((await store.readLostTotals(100)).clients.length).toBeGreaterThan(0);
      // Until the totals are known nobody is let in beyond the limit, nor refused while quota is left.
      for (const answer of await askOften(environment, client.key, 20)) expect(answer.status).toBe(503);
    });
    await untilGivenBack();
    const answers = await askOften(environment, client.key, 80);
    expect([allowed(answers), refused(answers)]).toEqual([limit - used - 10, 80 - (limit - used - 10)]);
  });

  it('include the uses of a key, to the last one, although it was used all the while', async () => {
    const client = await newClient(environment);
    let uses = 0;
    const verify = async () => {
      const { status, body } = await call(environment, 'POST', '/key/verify', { body: { key: client.key } });
      if (status === 200) uses += 1;
      return body.key?.useCount as number | null | undefined;
    };
    for (let i = 0; i < 20; i += 1) await verify();
    // What is not in the log when a Redis goes, goes with it; nothing else may.
    await waitUntil(redis.isRelayed, { what: 'the events to reach the log', timeoutMs: 20_000 });
    await whileNothingIsCounted(async () => {
      await redis.empty();
      const isUsed = async () => {
        expect((await verify()) ?? null).toBeNull();
        return uses === 40;
      };
      await waitUntil(isUsed, { what: 'uses that nobody can number', timeoutMs: 30_000, everyMs: 5 });
    });
    const told = await waitUntil(async () => (await verify()) ?? undefined, {
      ...{ what: 'the uses to be known again', timeoutMs: 30_000, everyMs: 5 },
    });
    expect(told).toBe(uses);
    expect(await verify()).toBe(uses);
  });
});

describe('limits after a restart [embedded]', () => {
  it('go on where they stood, from the first request on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyward-reseed-'));
    try {
      const data = join(folder, 'data');
      const run = async (work: (app: Caller) => Promise<void>) => {
        await using command = new StartCommand(['--port', '0', '--data', data]);
        const { gatewayUrl = '', serverKey = '' } = await command.running(data);
        await work({ url: gatewayUrl, headers: { 'x-api-key': serverKey } });
        await command.interrupt();
      };
      let key = '';
      await run(async (app) => {
        ({ key } = await newLimitedClient(app));
        expect(allowed(await askOften(app, key, used))).toBe(used);
      });
      await run(async (app) => {
        const answers = await askOften(app, key, 80);
        expect([allowed(answers), refused(answers)]).toEqual([limit - used, 80 - (limit - used)]);
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

interface OwnRedis {
  url: string;
  /** Takes everything from every node. */
  empty(): Promise<void>;
  /** Have the outboxes been sent? */
  isRelayed(): Promise<boolean>;
  stop(): Promise<void>;
}

function ownRedis(server: NativeServer): OwnRedis {
  return onNodes(server.url, [server], () => server.stop());
}

async function ownCluster(): Promise<OwnRedis> {
  const cluster = await startNativeRedisCluster();
  return onNodes(cluster.url, cluster.nodes, () => cluster.stop());
}

function onNodes(url: string, nodes: readonly NativeServer[], stop: () => Promise<void>): OwnRedis {
  const each = <T>(work: Parameters<typeof withRedis<T>>[1]) =>
    Promise.all(nodes.map((node) => withRedis(node.url, work)));
  return {
    url,
    stop,
    async empty() {
      await each((redis) => redis.flushall());
    },
    async isRelayed() {
      const waiting = await each(async (redis) => {
        const streams = await redis.keys('{*}x');
        return Promise.all(streams.map((stream) => redis.xlen(stream)));
      });
      return waiting.flat().every((length) => length === 0);
    },
  };
}
