import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { newClient, runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

describeStacks('conservation', (stack) => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  it('holds, while calls go on, for every call that was answered', async () => {
    const environment = await platform.newEnvironment();
    const { key } = await newClient(environment);
    let calls = 0;
    let going = true;
    const load = (async () => {
      while (going) {
        await Promise.all(Array.from({ length: 10 }, () => validatePlain(environment, { key })));
        calls += 10;
      }
    })();
    try {
      for (let i = 0; i < 3; i += 1) {
        const answeredBefore = calls;
        const { status, body } = await call(platform.owner, 'GET', '/conservation');
        expect({ status, ...body }).toMatchObject({
          ...{ status: 200, settled: true, balanced: true, missing: 0, surplus: 0, unbalanced: [] },
          lost: { outboxes: 0, counted: 0 },
        });
        expect(body.outbox.added).toBeGreaterThanOrEqual(answeredBefore);
      }
    } finally {
      going = false;
      await load;
    }
    const { body } = await call(platform.owner, 'GET', '/conservation');
    expect(body).toMatchObject({ balanced: true, outbox: { added: calls }, dead: 0 });
    expect(body.counted + body.outbox.waiting).toBeGreaterThanOrEqual(calls);
  });

  it('is for the operator', async () => {
    const environment = await platform.newEnvironment();
    expect((await call(environment, 'GET', '/conservation')).status).toBe(403);
    expect((await call({ url: platform.url, headers: {} }, 'GET', '/conservation')).status).toBe(401);
  });
});
