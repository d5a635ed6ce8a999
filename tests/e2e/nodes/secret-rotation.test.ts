import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { runToEnd } from '@keyward/tests/backends/run-to-end';
import { createEnvironment, type TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { type Replicated, startReplicated } from '@keyward/tests/platform/start-replicated';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const newSecret = () => randomBytes(32).toString('base64url');

/** By the commands of docs/operations.md; pepper and keyring have tests of their own. */
describe('a secret that services share is changed [real]', () => {
  const running = new AsyncDisposableStack();
  let platform: Replicated;
  let environment: TestEnvironment;
  let urls: { redis: string; postgres: string; kafka: string };

  beforeAll(async () => {
    const own = (server: NativeServer) => running.adopt(server, (each) => each.stop());
    const servers = await Promise.all([startNativeRedis(), startNativePostgres(), startNativeKafka()]);
    const [redis, postgres, kafka] = servers.map((server) => own(server).url);
    const log = `${kafka}/validation.v1?group=ingest&partitions=1`;
    urls = { redis: redis ?? '', postgres: postgres ?? '', kafka: log };
    platform = running.use(await startReplicated(urls, { replicas: 1 }));
    environment = await createEnvironment(platform.owner);
  });
  afterAll(() => running.disposeAsync());

  const keyward = (words: string, more: Record<string, string>) =>
    runToEnd(process.execPath, ['services/admin-api/src/keyward-main.ts', ...words.split(' ')], {
      cwd: root,
      env: { PATH: process.env.PATH, DATABASE_URL: urls.postgres, REDIS_URL: urls.redis, ...more },
      timeoutMs: 60_000,
    });
  const answerTo = async (key: string) => (await validatePlain(environment, { key })).body.success;
  it('SERVICE_TOKEN, one service after the other: each step leaves all services talking', async () => {
    const { key } = await newClient(environment);
    const [before, after] = [platform.secrets.serviceToken, newSecret()];
    for (const token of [`${before} ${after}`, `${after} ${before}`, after]) {
      platform.configure({ SERVICE_TOKEN: token });
      for (const service of ['gateway', 'validator', 'admin-api'] as const) {
        expect(await platform.restart(service)).toEqual([0]);
        expect(await answerTo(key), `${service} with ${token === after ? 'one' : 'two'}`).toBe(true);
        expect((await call(environment, 'GET', '/client')).status).toBe(200);
      }
    }
  });

  it('MASTER_KEY, and then PROJECTION_KEY: nothing that is sealed under them is lost', async () => {
    const { masterKey, projectionKey } = platform.secrets;
    const [newMaster, newProjection] = [newSecret(), newSecret()];
    await platform.stop('admin-api');
    const wrong = await keyward('master-key rotate', { MASTER_KEY: newMaster, MASTER_KEY_BEFORE: newSecret() });
    expect(wrong).toMatchObject({
      code: 1,
      errors: expect.stringContaining('neither MASTER_KEY_BEFORE nor MASTER_KEY'),
    });
    for (const _ of ['once', 'and again']) {
      const rotated = await keyward('master-key rotate', { MASTER_KEY: newMaster, MASTER_KEY_BEFORE: masterKey });
      expect(rotated).toMatchObject({ code: 0, output: expect.stringMatching(/Sealed anew: 1 of signing_secret\./) });
    }
    const underOld = await runToEnd(process.execPath, ['services/admin-api/src/main.ts'], {
      cwd: root,
      env: { PATH: process.env.PATH, ...platform.variables },
      timeoutMs: 60_000,
    });
    expect(underOld).toMatchObject({ code: 1, errors: expect.stringContaining('MASTER_KEY is not what') });
    expect(projectionKey).not.toBe(newProjection);
    platform.configure({ MASTER_KEY: newMaster, PROJECTION_KEY: newProjection });
    const rebuilt = await keyward('projection rebuild', { MASTER_KEY: newMaster, PROJECTION_KEY: newProjection });
    expect(rebuilt).toMatchObject({ code: 0 });
    await platform.restart('validator');
    await platform.start('admin-api');
    // A new key is signed by what was sealed under both.
    const { key } = await newClient(environment);
    expect(await answerTo(key)).toBe(true);
  });

  it('all that is sealed in Postgres is known to the command', async () => {
    const { rows } = await withPostgres(urls.postgres, (client) =>
      client.query(`select table_name from information_schema.columns where column_name = 'sealed' order by 1`),
    );
    const rotated = await keyward('master-key rotate --json', {
      MASTER_KEY: newSecret(),
      MASTER_KEY_BEFORE: platform.variables.MASTER_KEY ?? '',
    });
    const { sealed } = JSON.parse(rotated.output);
    expect(Object.keys(sealed).toSorted()).toEqual(rows.map(({ table_name: name }) => name));
  });
});
