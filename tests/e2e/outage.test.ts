import { describeStacks } from '@keyward/tests/backends/describe-backends';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Answer, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describeStacks('several nodes', (stack) => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  it('refuse a revoked key at once, however warm they are', async () => {
    const environment = await platform.newEnvironment();
    const nodes = [platform.url, await platform.addNode(), await platform.addNode()];
    for (let round = 0; round < 10; round += 1) {
      const client = await newClient(environment);
      const ask = (url: string) => validatePlain({ ...environment, url }, { key: client.key });
      for (const url of nodes) expect((await ask(url)).body).toMatchObject({ success: true });
      await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
      for (const answer of await Promise.all(nodes.map(ask))) expect(answer.body).toMatchObject({ code: 'REVOKED' });
    }
  });
});

/** On a Redis of its own, which these tests stop, freeze and empty. */
describe('a Redis that goes away [real]', () => {
  let redis: NativeServer;
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    redis = await startNativeRedis();
    platform = await runPlatform({ redis: redis.url, postgres: 'pglite:memory:outage', kafka: 'memory:outage' });
    environment = await platform.newEnvironment();
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    await redis?.stop();
  });

  const ask = (key: string) => validatePlain(environment, { key });
  const isDecided = ({ status }: Answer) => status === 200;
  /** Asks until there is a verdict; until then every answer has to be a 503 that says when to come back. */
  const untilDecided = (key: string) =>
    waitUntil(
      async () => {
        const answer = await ask(key);
        if (isDecided(answer)) return answer;
        expect(answer).toMatchObject({ status: 503, body: { error: 'UNAVAILABLE' } });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        return undefined;
      },
      { what: 'a verdict', timeoutMs: 15_000 },
    );
  const whileAway: [string, () => Promise<void> | void, () => Promise<void> | void][] = [
    ['stopped, and started empty', () => redis.kill(), () => redis.restart()],
    ['frozen, and thawed', () => redis.freeze(), () => redis.thaw()],
  ];

  it.each(whileAway)('%s: 503, never a bad key; changes made meanwhile hold afterwards', async (_, leave, comeBack) => {
    const kept = await newClient(environment);
    const revoked = await newClient(environment);
    for (const { key } of [kept, revoked]) expect((await ask(key)).body).toMatchObject({ success: true });
    await leave();
    expect((await ask(kept.key)).status).toBe(503);
    const change = await call(environment, 'DELETE', `/client/${revoked.id}?keyId=${revoked.keyId}`);
    expect(change).toMatchObject({ status: 200, body: { propagation: 'pending' } });
    const added = await call(environment, 'POST', '/client', {
      body: { name: 'made meanwhile', keys: [{ name: 'k' }] },
    });
    expect(added).toMatchObject({ status: 201, body: { propagation: 'pending' } });
    await comeBack();
    expect((await untilDecided(kept.key)).body).toMatchObject({ success: true });
    await waitUntil(async () => (await ask(revoked.key)).body.code === 'REVOKED', {
      what: 'the revocation',
      timeoutMs: 10_000,
    });
    const fresh = added.body.keys[0].key;
    await waitUntil(async () => (await ask(fresh)).body.success === true, { what: 'the new key', timeoutMs: 10_000 });
  });

  it('started with an older state: what was changed since is asserted again', async () => {
    const client = await newClient(environment);
    await withRedis(redis.url, (operator) => operator.save());
    const revoked = await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
    expect(revoked.body).not.toHaveProperty('propagation', 'pending');
    expect((await ask(client.key)).body).toMatchObject({ code: 'REVOKED' });
    await redis.kill();
    await redis.restart();
    const cold = { ...environment, url: await platform.addNode() };
    await waitUntil(async () => (await validatePlain(cold, { key: client.key })).body.code === 'REVOKED', {
      what: 'the revocation to hold again',
      timeoutMs: 15_000,
    });
  });

  it('emptied while it is written anew: still no good key is called bad, and all come back', async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => newClient(environment)));
    const operator = new Redis(redis.url);
    try {
      for (let i = 0; i < 5; i += 1) {
        await operator.flushall();
        // Cold or warm, every node answers 503 or allows.
        const answers = await Promise.all(clients.map(({ key }) => ask(key)));
        for (const answer of answers) if (isDecided(answer)) expect(answer.body).toMatchObject({ success: true });
      }
    } finally {
      operator.disconnect();
    }
    const cold = { ...environment, url: await platform.addNode() };
    for (const { key } of clients) {
      await untilDecided(key);
      await waitUntil(
        async () => {
          const answer = await validatePlain(cold, { key });
          if (isDecided(answer)) expect(answer.body).toMatchObject({ success: true });
          return isDecided(answer);
        },
        { what: 'a verdict of a cold node', timeoutMs: 15_000 },
      );
    }
  });
});
