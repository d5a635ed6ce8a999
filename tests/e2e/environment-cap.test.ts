import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import {
  newClient,
  runPlatform,
  type TestClient,
  type TestEnvironment,
  type TestPlatform,
} from '@keyward/tests/platform/run-platform';
import { type Answer, call, facts, validatePath } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('the cap of an environment', (stack) => {
  let platform: TestPlatform;
  let nodes: string[];
  let environment: TestEnvironment;
  let clients: TestClient[];

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    nodes = [platform.url, await platform.addNode()];
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());
  const prepare = async () => {
    environment = await platform.newEnvironment();
    clients = await Promise.all(Array.from({ length: 6 }, () => newClient(environment)));
  };
  beforeEach(prepare);

  /** Within one hour, on an environment that nobody has used yet. */
  const withinAnHour = (work: () => Promise<void>) =>
    withinOne('hour', async () => {
      await prepare();
      await work();
    });
  const setCap = async (rateLimits: object) =>
    expectDone(await call(environment, 'PUT', '/settings', { body: { rateLimits } }));
  const ask = (i: number, cost = 1): Promise<Answer> => {
    const { key = '' } = clients[i % clients.length] ?? {};
    const node = nodes[Math.floor(i / clients.length) % nodes.length] ?? '';
    return call({ ...environment, url: node }, 'POST', validatePath({}), { body: { ...facts({ key }), cost } });
  };
  /** How many of so many calls at once pass; the others are refused by the cap. */
  const passing = async (count: number) => {
    const answers = await inParallel({ count, lanes: 40 }, (i) => ask(i));
    const refused = answers.filter(({ body }) => !body.success);
    for (const { body } of refused) expect(body).toMatchObject({ code: 'RATE_LIMITED', subject: 'environment' });
    return count - refused.length;
  };
  const untilCounted = (calls: number) =>
    waitUntil(
      async () => {
        const answers = await Promise.all(clients.map(({ id }) => call(environment, 'GET', `/client/${id}`)));
        return answers.reduce((sum, { body }) => sum + body.stats.total, 0) === calls;
      },
      { what: `${calls} calls to be counted`, timeoutMs: 20_000 },
    );

  it('lets exactly so many calls pass of all clients on all nodes at once, and says when to come back', () =>
    withinAnHour(async () => {
      await setCap({ hour: 50 });
      expect(await passing(150)).toBe(50);
      const { body, headers } = await ask(0);
      expect(body).toMatchObject({ code: 'RATE_LIMITED', status: 429, subject: 'environment', window: 'hour' });
      const untilTheHour = (new Date().setUTCMinutes(60, 0, 0) - Date.now()) / 1_000;
      expect(Math.abs(body.retryAfterSeconds - untilTheHour)).toBeLessThan(2);
      expect(headers.get('retry-after')).toBe(String(body.retryAfterSeconds));
    }));

  it('counts what was used before it was set', () =>
    withinAnHour(async () => {
      expect(await passing(30)).toBe(30);
      await untilCounted(30);
      await setCap({ hour: 50 });
      expect(await passing(60)).toBe(20);
    }));

  it('lets the difference pass when it is raised, and nothing when it is set below the use', () =>
    withinAnHour(async () => {
      await setCap({ hour: 20 });
      expect(await passing(30)).toBe(20);
      await setCap({ hour: 33 });
      expect(await passing(40)).toBe(13);
      await setCap({ hour: 40 });
      expect(await passing(4)).toBe(4);
      await setCap({ hour: 30 });
      expect(await passing(nodes.length * clients.length)).toBe(0);
      await setCap({ hour: 38, day: 1_000 });
      expect(await passing(10)).toBe(1);
    }));

  it('stays used up when it is removed and set again at once, before anything is counted', () =>
    withinAnHour(async () => {
      await setCap({ hour: 20 });
      expect(await passing(25)).toBe(20);
      await setCap({});
      await setCap({ hour: 20 });
      expect(await passing(10)).toBe(0);
    }));

  it('is none once it is removed, and counts what passed meanwhile when it is set again', () =>
    withinAnHour(async () => {
      await setCap({ hour: 5 });
      expect(await passing(10)).toBe(5);
      await setCap({});
      expect(await passing(20)).toBe(20);
      await untilCounted(30);
      await setCap({ hour: 30 });
      expect(await passing(12)).toBe(5);
    }));

  it('refuses a cost above it for ever, and a cost of nothing never', () =>
    withinAnHour(async () => {
      await setCap({ hour: 10 });
      const hopeless = await ask(0, 11);
      expect(hopeless.body).toMatchObject({ code: 'RATE_LIMITED', subject: 'environment', window: 'hour' });
      expect(hopeless.body).not.toHaveProperty('retryAfterSeconds');
      expect(hopeless.headers.has('retry-after')).toBe(false);
      expect((await ask(1, 7)).body).toMatchObject({ success: true });
      expect((await ask(2, 4)).body).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
      expect((await ask(3, 3)).body).toMatchObject({ success: true });
      for (const i of clients.keys()) {
        expect((await ask(i, 0)).body).toMatchObject({ success: true });
        expect((await ask(i, 1)).body).toMatchObject({ code: 'RATE_LIMITED', subject: 'environment' });
      }
    }));

  it('does not hide a limit of key or client that refuses, nor takes of it what it refuses itself', () =>
    withinAnHour(async () => {
      const rateLimit = { requests: 3, window: 'day' };
      const limited = await newClient(environment, { rateLimit });
      clients = [limited];
      await setCap({ hour: 2 });
      expect(await passing(5)).toBe(2);
      expect((await ask(0)).headers.get('ratelimit')).toContain('"key-day";r=1;');
      await setCap({ hour: 10 });
      expect(await passing(1)).toBe(1);
      expect((await ask(0)).body).toMatchObject({ code: 'RATE_LIMITED', subject: 'key', window: 'day' });
    }));

  it('is never passed, and missed by no more than a hundredth, when it is large', () =>
    withinAnHour(async () => {
      await setCap({ hour: 1_000 });
      const passed = await passing(1_100);
      expect(passed).toBeLessThanOrEqual(1_000);
      expect(passed).toBeGreaterThanOrEqual(990);
    }));
});
