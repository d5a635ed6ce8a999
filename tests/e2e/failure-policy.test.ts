import { shardOf } from '@keyward/stores/shards';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { type NativeRedisCluster, startNativeRedisCluster } from '@keyward/tests/backends/redis-cluster';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import {
  newClient,
  runPlatform,
  type TestClient,
  type TestEnvironment,
  type TestPlatform,
} from '@keyward/tests/platform/run-platform';
import { type Answer, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const storeTimeoutMs = 50;
/** Far above what is promised, for a machine that runs everything at once. */
const toleratedMs = 1_000;

interface Timed {
  answer: Answer;
  tookMs: number;
}

async function timed(ask: () => Promise<Answer>): Promise<Timed> {
  const startedMs = performance.now();
  const answer = await ask();
  return { answer, tookMs: performance.now() - startedMs };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Says what requests took, and holds them to far more than that. */
function judgeTimes(what: string, times: readonly Timed[]): void {
  const ms = times.map(({ tookMs }) => tookMs);
  const [first = 0, most] = [ms[0], Math.max(...ms)];
  process.stdout.write(
    `${what}: first ${first.toFixed(1)} ms, median ${median(ms).toFixed(1)} ms, longest ${most.toFixed(1)} ms of ${ms.length}\n`,
  );
  expect(most).toBeLessThan(toleratedMs);
}

function expectNoVerdict({ status, body, headers }: Answer): void {
  expect({ status, body }).toMatchObject({ status: 503, body: { error: 'UNAVAILABLE' } });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('while Redis is away [real]', () => {
  let redis: NativeServer;
  let platform: TestPlatform;
  let operator: Redis;

  beforeAll(async () => {
    redis = await startNativeRedis();
    operator = new Redis(redis.url);
    operator.on('error', () => undefined);
    const urls = { redis: redis.url, postgres: 'pglite:memory:failure-policy', kafka: 'memory:failure-policy' };
    platform = await runPlatform(urls, { storeTimeoutMs });
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    operator?.disconnect();
    await redis?.stop();
  });

  /** An environment of that policy, whose keys the validator has seen. */
  async function warm(failurePolicy: 'open' | 'closed') {
    const environment = await platform.newEnvironment();
    const change = () => call(environment, 'PUT', '/settings', { body: { failurePolicy } });
    await waitUntil(async () => (await change()).body.propagation === undefined, {
      what: 'the admin-api to have its Redis back',
      timeoutMs: 20_000,
    });
    const [good, revoked] = [await newClient(environment), await newClient(environment)];
    const listed = await newClient(environment, { allowedIps: ['192.0.2.7'] });
    const limited = await newClient(environment, { rateLimit: { requests: 1, window: 'minute' } });
    await call(environment, 'DELETE', `/client/${revoked.id}?keyId=${revoked.keyId}`);
    /** How often each key was answered with a verdict. */
    const verdicts = new Map<string, number>();
    const ask = async (key: string, headers: Record<string, string> = {}) => {
      const answer = await validatePlain(environment, { headers: { 'x-api-key': key, ...headers } });
      if (answer.status === 200) verdicts.set(key, (verdicts.get(key) ?? 0) + 1);
      return answer;
    };
    // After an outage each shard is back by itself.
    for (const { key } of [good, revoked, listed, limited]) {
      await waitUntil(async () => (await ask(key)).status === 200, { what: 'a verdict', timeoutMs: 20_000 });
    }
    expect((await ask(revoked.key)).body).toMatchObject({ code: 'REVOKED' });
    /** As many events as verdicts: waits for all of them, and looks for one too many. */
    const untilCounted = async () => {
      for (const { id, key } of [good, revoked, listed, limited]) {
        const total = async () => (await call(environment, 'GET', `/client/${id}`)).body.stats.total;
        const expected = verdicts.get(key) ?? 0;
        await waitUntil(async () => (await total()) >= expected, { what: 'the counts', timeoutMs: 20_000 });
        expect(await total()).toBe(expected);
      }
    };
    return { environment, good, revoked, listed, limited, ask, untilCounted };
  }
  type Warm = Awaited<ReturnType<typeof warm>>;

  const untilCode = ({ ask }: Warm, key: string, code: string) =>
    waitUntil(async () => (await ask(key)).body.code === code, { what: code, timeoutMs: 20_000 });

  const untilWell = ({ ask, good }: Warm) =>
    waitUntil(
      async () => {
        const { status, body } = await ask(good.key);
        // Never anything else on the way back.
        expect([200, 503]).toContain(status);
        if (status === 200) expect(body).toMatchObject({ success: true });
        return status === 200 && body.degraded === undefined;
      },
      { what: 'a verdict of the store', timeoutMs: 20_000 },
    );

  const ways: [string, () => Promise<void> | void, () => Promise<void> | void][] = [
    ['stopped', () => redis.kill(), () => redis.restart()],
    ['frozen', () => redis.freeze(), () => redis.thaw()],
  ];

  describe.each(ways)('%s', (way, leave, comeBack) => {
    it('closed: 503 at once and never a bad key; afterwards all is as before', async () => {
      const situation = await warm('closed');
      const { good, revoked, ask, untilCounted } = situation;
      await untilCounted();
      await leave();
      const times = [];
      for (const key of [good.key, revoked.key, 'apikee_un.known', 'garbage', ...Array(50).fill(good.key)]) {
        times.push(await timed(() => ask(key)));
      }
      await comeBack();
      for (const { answer } of times) expectNoVerdict(answer);
      judgeTimes(`503 while Redis is ${way}`, times);
      await untilWell(situation);
      await untilCode(situation, revoked.key, 'REVOKED');
      await untilCode(situation, 'apikee_un.known', 'INVALID_KEY');
      // What was answered 503 is not counted when Redis comes to it after all.
      await untilCounted();
    });

    it('open: known keys go on and the rules hold; afterwards all is as before, each event counted once', async () => {
      const situation = await warm('open');
      const { environment, good, revoked, listed, limited, ask, untilCounted } = situation;
      // What a Redis that is lost had not handed over yet would be lost with it.
      await untilCounted();
      await leave();
      const times = [];
      for (let i = 0; i < 50; i += 1) times.push(await timed(() => ask(good.key)));
      const [refused, allowed] = ['192.0.2.8', '192.0.2.7'].map((ip) => ({ 'x-forwarded-for': ip }));
      const answers = {
        revoked: await ask(revoked.key),
        refused: await ask(listed.key, refused),
        allowed: await ask(listed.key, allowed),
        overLimit: await ask(limited.key),
        unknown: await ask('apikee_un.known'),
        garbage: await ask('garbage'),
        none: await validatePlain(environment, { headers: {} }),
      };
      await comeBack();
      judgeTimes(`degraded while Redis is ${way}`, times);
      for (const { answer } of times) {
        expect(answer).toMatchObject({ status: 200, body: { success: true, degraded: true, clientId: good.id } });
      }
      expect(answers.revoked.body).toMatchObject({ success: false, code: 'REVOKED' });
      expect(answers.refused.body).toMatchObject({ success: false, code: 'IP_NOT_ALLOWED' });
      expect(answers.allowed.body).toMatchObject({ success: true, degraded: true });
      expect(answers.overLimit.body).toMatchObject({ success: true, degraded: true });
      expect(answers.overLimit.headers.get('ratelimit')).toBeNull();
      for (const answer of [answers.unknown, answers.garbage, answers.none]) expectNoVerdict(answer);

      await untilWell(situation);
      await untilCode(situation, 'apikee_un.known', 'INVALID_KEY');
      // Whatever Redis still did with what had been sent to it is the same event.
      await untilCounted();
    });
  });

  it('frozen for longer than a silent connection is kept: it comes back all the same', async () => {
    const situation = await warm('open');
    const { ask, good } = situation;
    redis.freeze();
    const frozenMs = performance.now();
    const degraded = () => ask(good.key).then(({ body }) => expect(body).toMatchObject({ degraded: true }));
    await waitUntil(() => degraded().then(() => performance.now() - frozenMs > 8_000), {
      what: 'eight seconds of frost',
      timeoutMs: 20_000,
    });
    redis.thaw();
    await untilWell(situation);
  });

  it('emptied: open goes on, closed waits for the rebuild, and no good key is called bad', async () => {
    const [open, closed] = [await warm('open'), await warm('closed')];
    await operator.flushall();
    const first = await Promise.all([open, closed].map(({ ask, good }) => ask(good.key)));
    expect(first[0]).toMatchObject({ status: 200, body: { success: true } });
    if (first[1]?.status !== 200) expectNoVerdict(first[1] as Answer);
    for (let i = 0; i < 50; i += 1) {
      expect((await open.ask(open.good.key)).body).toMatchObject({ success: true });
      expect((await open.ask(open.revoked.key)).body).toMatchObject({ code: 'REVOKED' });
    }
    for (const situation of [open, closed]) {
      await untilWell(situation);
      await untilCode(situation, situation.revoked.key, 'REVOKED');
    }
  });
});

describe('while one master of a Redis Cluster is frozen [real-cluster]', () => {
  let cluster: NativeRedisCluster;
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    // As operators of several masters set it: the others go on when one fails.
    cluster = await startNativeRedisCluster({ args: ['--cluster-require-full-coverage', 'no'] });
    const urls = { redis: cluster.url, postgres: 'pglite:memory:frozen-master', kafka: 'memory:frozen-master' };
    // Three servers and all services share the machine: the two that are well are to have the time they need.
    platform = await runPlatform(urls, { storeTimeoutMs: 5 * storeTimeoutMs });
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    await cluster?.stop();
  });

  it('only its shards are away, and they come back', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => newClient(environment)));
    const ask = ({ key }: TestClient) => validatePlain(environment, { key });
    const untilAllAnswer = async () => {
      for (const client of clients) {
        await waitUntil(async () => (await ask(client)).body.success === true, {
          what: `a verdict from shard ${shardOf(client.id)}`,
          timeoutMs: 15_000,
        });
      }
    };
    await untilAllAnswer();
    // The first of three masters has the slots below 5461; shard i lies in 256·i to 256·i + 255.
    const isAway = ({ id }: TestClient) => shardOf(id) <= 20;
    const isWell = ({ id }: TestClient) => shardOf(id) >= 22;
    const [frozen] = cluster.nodes;
    frozen?.freeze();
    const times = [];
    try {
      for (const client of clients) times.push({ client, ...(await timed(() => ask(client))) });
    } finally {
      frozen?.thaw();
    }
    for (const { client, answer } of times) {
      if (isAway(client)) expectNoVerdict(answer);
      if (isWell(client)) expect(answer.body).toMatchObject({ success: true });
    }
    judgeTimes(
      '503 of a frozen master’s shards',
      times.filter(({ client }) => isAway(client)),
    );
    judgeTimes(
      'verdicts of the other masters’ shards',
      times.filter(({ client }) => isWell(client)),
    );
    await untilAllAnswer();
  });
});
