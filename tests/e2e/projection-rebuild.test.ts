import { fileURLToPath } from 'node:url';
import { freePort } from '@keyward/tests/backends/free-port';
import { freshMemoryUrl, freshPostgresUrl } from '@keyward/tests/backends/isolate';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { runProgram } from '@keyward/tests/backends/run-program';
import { newClient, runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command as an operator runs it, beside services that run. */
describe('the command that rewrites the projection [real]', () => {
  const running = new AsyncDisposableStack();
  let redis: NativeServer;
  let platform: TestPlatform;
  let databaseUrl: string;

  beforeAll(async () => {
    redis = await startNativeRedis();
    running.defer(() => redis.stop());
    const postgres = await startNativePostgres();
    running.defer(() => postgres.stop());
    databaseUrl = (await freshPostgresUrl(postgres.url)).url;
    platform = running.use(await runPlatform({ redis: redis.url, postgres: databaseUrl, kafka: freshMemoryUrl() }));
  });
  afterAll(() => running.disposeAsync());

  const keys = () => ({
    MASTER_KEY: platform.secrets.masterKey,
    PROJECTION_KEY: platform.secrets.projectionKey,
  });
  const rebuild = (urls: { REDIS_URL?: string; DATABASE_URL?: string } = {}) =>
    runProgram(process.execPath, ['services/admin-api/src/keyward-main.ts', 'projection', 'rebuild'], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: databaseUrl, REDIS_URL: redis.url, ...keys(), ...urls },
      timeoutMs: 60_000,
    });

  it('mends a record that was damaged, while requests are answered', async () => {
    const environment = await platform.newEnvironment();
    const [client, damaged] = [await newClient(environment), await newClient(environment)];
    await withRedis(redis.url, async (operator) => {
      for (const key of await operator.keys('{???}k:*')) {
        const record = await operator.get(key);
        if (record?.includes(damaged.keyId)) await operator.set(key, record.replace('"active"', '"disabled"'));
      }
    });
    const cold = { ...environment, url: await platform.addNode() };
    expect((await validatePlain(cold, { key: damaged.key })).body).toMatchObject({ success: false });
    const asking = Promise.all(Array.from({ length: 50 }, () => validatePlain(environment, { key: client.key })));
    const output = await rebuild();
    expect(output).toMatch(/Written: 2 clients, 1 of 1 environments\.\n/);
    expect(output).toContain('Retired: 0 records that Postgres does not know.');
    expect((await validatePlain(cold, { key: damaged.key })).body).toMatchObject({ success: true });
    for (const answer of await asking) expect(answer.body).toMatchObject({ success: true });
  });

  it.each([
    [
      'Redis',
      async () => ({ REDIS_URL: `redis://127.0.0.1:${await freePort()}/0` }),
      /Redis cannot be reached at REDIS_URL/,
    ],
    [
      'Postgres',
      async () => ({ DATABASE_URL: `postgres://u:p@127.0.0.1:${await freePort()}/d` }),
      /Postgres cannot be reached at DATABASE_URL/,
    ],
    ['a Redis of another process', async () => ({ REDIS_URL: 'memory:local' }), /REDIS_URL is the memory of a process/],
  ])('says in one sentence that %s cannot be had, and fails', async (_, urls, sentence) => {
    const failure = await rebuild(await urls()).catch((error: Error) => error.message);
    expect(failure).toMatch(sentence);
    expect(failure).toMatch(/ended with 1/);
    expect(failure).not.toContain('    at ');
  });
});
