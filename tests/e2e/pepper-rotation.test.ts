import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { adminApi } from '@keyward/admin-api/service';
import { loadConfig } from '@keyward/kit/config';
import { startService } from '@keyward/kit/service';
import { startPlatform } from '@keyward/local/platform';
import { freshMemoryUrl, freshPostgresUrl } from '@keyward/tests/backends/isolate';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { runProgram } from '@keyward/tests/backends/run-program';
import {
  createEnvironment,
  type Installation,
  prepareInstallation,
} from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const newPepper = () => randomBytes(32).toString('base64url');

describe('a new pepper [real]', () => {
  const running = new AsyncDisposableStack();
  let stores: { databaseUrl: string; redisUrl: string };
  let installation: Installation;

  beforeAll(async () => {
    const redis = await startNativeRedis();
    running.defer(() => redis.stop());
    const postgres = await startNativePostgres();
    running.defer(() => postgres.stop());
    stores = { databaseUrl: (await freshPostgresUrl(postgres.url)).url, redisUrl: redis.url };
    installation = running.use(await prepareInstallation(stores.databaseUrl));
  });
  afterAll(() => running.disposeAsync());

  const start = async (pepperWraps?: string) => {
    const { secrets, keyringFile, accountKey } = installation;
    const platform = await startPlatform({
      stores: { ...stores, eventLogUrl: freshMemoryUrl() },
      secrets: { ...secrets, ...(pepperWraps === undefined ? {} : { pepperWraps }) },
      keyringFile,
      port: 0,
      logLevel: 'error',
      storeTimeoutMs: 2_000,
    });
    const owner = { url: platform.gatewayUrl, headers: { authorization: `Bearer ${accountKey}` } };
    return { owner, [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose]() };
  };
  const environmentOf = (pepperWraps: string) => ({
    DATABASE_URL: stores.databaseUrl,
    REDIS_URL: stores.redisUrl,
    PEPPER: installation.secrets.pepper,
    PEPPER_WRAPS: pepperWraps,
    MASTER_KEY: installation.secrets.masterKey,
    PROJECTION_KEY: installation.secrets.projectionKey,
  });
  const wrap = (pepperWraps: string, more: Record<string, string> = {}) =>
    runProgram(process.execPath, ['services/admin-api/src/keyward-main.ts', 'pepper', 'wrap'], {
      cwd: root,
      env: { ...process.env, ...environmentOf(pepperWraps), ...more },
      timeoutMs: 60_000,
    });

  it('leaves every key as good, or as dead, as it was, and none has to be used for that', async () => {
    const [second, third] = [newPepper(), newPepper()];
    const keys: Record<string, string> = {};
    let url = '';
    let serverKey = '';
    {
      await using before = await start();
      const environment = await createEnvironment(before.owner);
      serverKey = environment.serverKey;
      const [live, revoked, deleted] = [
        await newClient(environment),
        await newClient(environment),
        await newClient(environment),
      ];
      await call(environment, 'DELETE', `/client/${revoked.id}?keyId=${revoked.keyId}`);
      await call(environment, 'DELETE', `/client/${deleted.id}`);
      Object.assign(keys, { live: live.key, revoked: revoked.key, deleted: deleted.key });
    }
    const codes = async (pepperWraps: string) => {
      await using after = await start(pepperWraps);
      url = after.owner.url;
      const environment = { url, headers: { 'x-api-key': serverKey } };
      expect((await call(after.owner, 'GET', '/project')).status).toBe(200);
      const codeOf = async (key = '') => (await validatePlain(environment, { key })).body.code ?? 'ALLOWED';
      const fresh = await newClient(environment);
      return [await codeOf(keys.live), await codeOf(keys.revoked), await codeOf(keys.deleted), await codeOf(fresh.key)];
    };
    const expected = ['ALLOWED', 'REVOKED', 'REVOKED', 'ALLOWED'];

    for (const [more, reason] of [
      [{ REDIS_URL: 'redis://127.0.0.1:1' }, /Redis cannot be reached at REDIS_URL/],
      [
        { REDIS_URL: '', PROJECTION_KEY: 'short', MASTER_KEY: '' },
        /MASTER_KEY.*PROJECTION_KEY|PROJECTION_KEY.*MASTER_KEY/,
      ],
      [{ REDIS_URL: 'memory:x' }, /REDIS_URL is the memory of a process/],
    ] as const)
      expect(await wrap(second, more).catch((error: Error) => error.message)).toMatch(reason);

    const output = await wrap(second);
    expect(output).toMatch(/Wrapped: 2 of api_key\.digest\.\n/);
    expect(output).toMatch(/Wrapped: 1 of tombstone\.digest\.\n/);
    expect(output).not.toContain(second);
    expect(await codes(second)).toEqual(expected);
    expect(await wrap(second)).toContain('All digests have every pepper already.');
    expect(await codes(second)).toEqual(expected);

    await wrap(`${second} ${third}`);
    expect(await codes(`${second} ${third}`)).toEqual(expected);

    for (const wrong of [second, third, `${third} ${second}`])
      expect(await wrap(wrong).catch((error: Error) => error.message)).toMatch(/PEPPER and PEPPER_WRAPS are not/);
    const config = (pepperWraps: string) =>
      loadConfig(adminApi.config, { ...environmentOf(pepperWraps), SERVICE_TOKEN: installation.secrets.serviceToken });
    for (const wrong of [second, `${second} ${third} ${newPepper()}`]) {
      const starting = startService(adminApi, {
        config: config(wrong),
        host: '127.0.0.1',
        port: 0,
        logLevel: 'silent',
      });
      await expect(starting).rejects.toThrow(/PEPPER_WRAPS/);
    }
  });
});
