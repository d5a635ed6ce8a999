import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { readAllRedis } from '@keyward/tests/platform/read-all-redis';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** On a Redis of its own, which these tests read whole and empty. */
describe('what Redis holds for locally signed keys [real]', () => {
  const running = new AsyncDisposableStack();
  let redis: NativeServer;
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    redis = await startNativeRedis();
    running.defer(() => redis.stop());
    const urls = { redis: redis.url, postgres: 'pglite:memory:signed', kafka: 'memory:signed' };
    platform = running.use(await runPlatform(urls));
    environment = await platform.newEnvironment();
  });
  afterAll(() => running.disposeAsync());

  const make = async (name: string, keys: object[] = []) =>
    expectDone(await call(environment, 'POST', '/client', { body: { name, keys } }));
  const remove = async (id: string) => expectDone(await call(environment, 'DELETE', `/client/${id}`));
  const sign = (tid: string) => signKey(environment.signingSecret, { tid });
  const ask = (key: string) => validatePlain(environment, { key });
  const outcome = async (key: string) => {
    const { status, body } = await ask(key);
    return status === 503 ? undefined : (body.code ?? body.clientId);
  };
  const untilDecided = (key: string) => waitUntil(() => outcome(key), { what: 'a verdict', timeoutMs: 15_000 });

  it('comes back when it was lost: names, and tombstones of the clients and keys that were deleted', async () => {
    const [bare, keyed, taken, kept] = ['bare', 'keyed', 'taken', 'kept'].map(uniqueName);
    if (!bare || !keyed || !taken || !kept) throw new Error('there are four names');
    await remove((await make(bare)).id);
    const deleted = await make(keyed, [{ name: 'k' }]);
    const former = await make(taken, [{ name: 'k' }]);
    for (const { id } of [deleted, former]) await remove(id);
    const successor = await make(taken);
    const living = await make(kept);
    const nobody = sign(uniqueName('nobody'));
    const derived = await outcome(nobody);
    const expected: [string, string][] = [
      [sign(bare), 'REVOKED'],
      [sign(keyed), 'REVOKED'],
      [deleted.keys[0].key, 'REVOKED'],
      [former.keys[0].key, 'REVOKED'],
      [sign(taken), successor.id],
      [sign(kept), living.id],
      [nobody, derived],
    ];
    for (const [key, outcome] of expected) expect(await untilDecided(key)).toBe(outcome);
    await withRedis(redis.url, (operator) => operator.flushall());
    for (const [key, outcome] of expected) expect(await untilDecided(key)).toBe(outcome);
    environment = { ...environment, url: await platform.addNode() };
    for (const [key, outcome] of expected) expect(await untilDecided(key), 'on a cold node').toBe(outcome);
  });

  it('is no secret and no key in clear', async () => {
    const own = await platform.newEnvironment();
    const name = uniqueName('tenant');
    const client = expectDone(await call(own, 'POST', '/client', { body: { name, keys: [{ name: 'k' }] } }));
    const keys = [
      client.keys[0].key,
      signKey(own.signingSecret, { tid: name }),
      signKey(own.signingSecret, { tid: 'x' }),
    ];
    for (const key of keys) expect((await validatePlain(own, { key })).body).toMatchObject({ success: true });
    const held = await withRedis(redis.url, readAllRedis);
    expect(held, 'the records are among what was read').toContain(client.id);
    for (const secret of [own.signingSecret, own.serverKey, ...keys]) {
      for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
        expect(held).not.toContain(Buffer.from(secret).toString(encoding));
      }
    }
    const secretBytes = Buffer.from(own.signingSecret, 'base64url');
    for (const encoding of ['latin1', 'base64', 'hex'] as const)
      expect(held).not.toContain(secretBytes.toString(encoding));
  });
});
