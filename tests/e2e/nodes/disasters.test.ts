import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newDataFolder } from '@keyward/tests/backends/data-folder';
import { freshPostgresUrl } from '@keyward/tests/backends/isolate';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { type DumpablePostgres, dumpablePostgres } from '@keyward/tests/backends/postgres-programs';
import { asPostgresRole, setPostgresRoles } from '@keyward/tests/backends/postgres-roles';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { requiredTools } from '@keyward/tests/backends/required-tools';
import { type Finished, runToEnd } from '@keyward/tests/backends/run-to-end';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { createEnvironment, type TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { type Replicated, startReplicated } from '@keyward/tests/platform/start-replicated';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const programs = await dumpablePostgres();
const isRequired = requiredTools().includes('pg_dump');
if (!programs && isRequired) throw new Error('pg_dump is required, and no server of Postgres is here beside it');

/** What an operator does, by the commands of docs/operations.md, while gateways and validators go on. */
describe.skipIf(!programs)('what is lost and brought back [real]', () => {
  const running = new AsyncDisposableStack();
  const { folder: programFolder } = programs ?? ({ folder: '' } satisfies Partial<DumpablePostgres>);
  let platform: Replicated;
  let environment: TestEnvironment;
  let redis: NativeServer;
  let postgres: NativeServer;
  let databaseUrl: string;
  let folder: string;

  beforeAll(async () => {
    const own = (server: NativeServer) => running.adopt(server, (each) => each.stop());
    const [ownRedis, ownPostgres, kafka] = await Promise.all([
      startNativeRedis(),
      startNativePostgres({}, programs),
      startNativeKafka(),
    ]);
    redis = own(ownRedis);
    postgres = own(ownPostgres);
    databaseUrl = (await freshPostgresUrl(postgres.url)).url;
    folder = await newDataFolder('backup');
    running.defer(() => rm(folder, { recursive: true, force: true }));
    const log = `${own(kafka).url}/validation.v1?group=ingest&partitions=2`;
    const urls = { redis: redis.url, postgres: databaseUrl, kafka: log };
    platform = running.use(await startReplicated(urls, { replicas: 1 }));
    environment = await createEnvironment(platform.owner);
  });
  afterAll(() => running.disposeAsync());

  const keyward = (words: string, more: Record<string, string> = {}): Promise<Finished> => {
    const { pepper, masterKey, projectionKey } = platform.secrets;
    return runToEnd(process.execPath, ['services/admin-api/src/keyward-main.ts', ...words.split(' ')], {
      cwd: root,
      env: {
        PATH: [programFolder, process.env.PATH].join(delimiter),
        DATABASE_URL: databaseUrl,
        REDIS_URL: redis.url,
        PEPPER: pepper,
        MASTER_KEY: masterKey,
        PROJECTION_KEY: projectionKey,
        ...more,
      },
      timeoutMs: 120_000,
    });
  };
  const answerTo = async (key: string, serverKey = environment.serverKey) => {
    const { body } = await validatePlain({ ...environment, headers: { 'x-api-key': serverKey } }, { key });
    return body.success === true ? 'ALLOWED' : (body.code ?? body.error);
  };
  const callOften = async (key: string, times: number) => {
    for (let i = 0; i < times; i += 1) expect(await answerTo(key)).toBe('ALLOWED');
  };
  const untilCounted = async () => {
    const conservation = async () => (await call(platform.owner, 'GET', '/conservation')).body;
    const allCounted = async () => {
      const found = await conservation();
      return found.balanced && found.outbox.waiting === 0 && found;
    };
    return waitUntil(allCounted, { what: 'all to be counted', timeoutMs: 60_000 });
  };
  const countedOf = (clientId: string): Promise<number> =>
    withPostgres(databaseUrl, async (client) => {
      const { rows } = await client.query('select sum(count) as n from usage_hour where client_id = $1', [clientId]);
      return Number(rows[0].n);
    });
  /** An empty database by the same name. */
  const dropDatabase = async () => {
    const name = new URL(databaseUrl).pathname.slice(1);
    await withPostgres(postgres.url, async (client) => {
      await client.query(`drop database ${name} with (force)`);
      await client.query(`create database ${name}`);
    });
  };

  it('Redis: everything is written anew by itself, limits go on where they were, and it is told when', async () => {
    const limited = await newClient(environment, { rateLimit: { requests: 10, window: 'day' } });
    await callOften(limited.key, 8);
    await untilCounted();
    expect(await keyward('projection status')).toMatchObject({ code: 0 });
    await platform.stop('admin-api');
    await withRedis(redis.url, (operator) => operator.flushall());
    const lost = await keyward('projection status');
    expect(lost).toMatchObject({ code: 1, output: expect.stringContaining('Shards: NOT complete') });
    expect(await answerTo(limited.key)).toBe('UNAVAILABLE');
    await platform.start('admin-api');
    const again = await keyward('projection status --wait 60 --json');
    expect(again.code, again.errors).toBe(0);
    expect(JSON.parse(again.output)).toEqual({
      ...{ complete: true, changesWaiting: false },
      ...{ clientsWithoutTotals: 0, environmentsWithoutTotals: 0 },
    });
    await callOften(limited.key, 2);
    expect(await answerTo(limited.key)).toBe('RATE_LIMITED');
    const { lost: lostOutboxes } = await untilCounted();
    expect(lostOutboxes).toMatchObject({ counted: 8 });
  });

  it('Postgres, restored from a backup: what ended since stays ended, and calls since are counted', async () => {
    const [kept, revoked, disabled, deleted] = [
      await newClient(environment),
      await newClient(environment),
      await newClient(environment),
      await newClient(environment),
    ];
    const here = `project_env=${environment.projectEnv}`;
    const spare = expectDone(
      await call(platform.owner, 'POST', `/server-key?${here}`, { body: { name: 'spare', scopes: ['validate'] } }),
    );
    await callOften(kept.key, 3);
    expect(await answerTo(kept.key, spare.key)).toBe('ALLOWED');
    await untilCounted();
    const file = join(folder, 'keyward.dump');
    await setPostgresRoles(databaseUrl);
    const owner = { DATABASE_URL: asPostgresRole(databaseUrl, 'keyward_migrate') };
    const backup = await keyward(`backup --to ${file}`, owner);
    expect(backup, backup.errors).toMatchObject({ code: 0, output: expect.stringContaining('Written: ') });

    // The hour that is lost.
    expectDone(await call(environment, 'DELETE', `/client/${revoked.id}?keyId=${revoked.keyId}`));
    expectDone(await call(environment, 'PUT', `/client/${disabled.id}`, { body: { status: 'disabled' } }));
    expectDone(await call(environment, 'DELETE', `/client/${deleted.id}`));
    expectDone(await call(platform.owner, 'DELETE', `/server-key/${spare.id}?${here}`));
    const fresh = await newClient(environment);
    await callOften(fresh.key, 2);
    await callOften(kept.key, 4);
    const keys = [kept, revoked, disabled, deleted].map(({ key }) => key);
    const answers = async () => [
      ...(await Promise.all(keys.map((key) => answerTo(key)))),
      await answerTo(kept.key, spare.key),
    ];
    const before = await answers();
    expect(before).toEqual(['ALLOWED', 'REVOKED', 'CLIENT_DISABLED', 'REVOKED', 'UNAUTHENTICATED']);
    await untilCounted();

    expect((await keyward(`restore --from ${file}`, owner)).errors).toContain('stop admin-api and ingest');
    await Promise.all([platform.stop('admin-api'), platform.stop('ingest')]);
    expect((await keyward(`restore --from ${file}`, owner)).errors).toContain('The database is not empty');
    await dropDatabase();
    expect(await answers()).toEqual(before);
    await setPostgresRoles(databaseUrl);
    const otherKey = Buffer.alloc(32).toString('base64');
    const wrong = await keyward(`restore --from ${file}`, { ...owner, MASTER_KEY: otherKey });
    expect(wrong).toMatchObject({ code: 1, errors: expect.stringContaining('MASTER_KEY is not what') });
    const restored = await keyward('restore --in-place', owner);
    await setPostgresRoles(databaseUrl);
    expect(restored, restored.output + restored.errors).toMatchObject({ code: 0 });
    for (const [kind, id] of [
      ['key', revoked.keyId],
      ['key', deleted.keyId],
      ['client', disabled.id],
      ['client', deleted.id],
      ['server-key', spare.id],
    ])
      expect(restored.output).toMatch(new RegExp(`Ended again: ${kind} ${id} `));
    expect(restored.output).toContain('Ended again: 5 in all');

    await Promise.all([platform.start('admin-api'), platform.start('ingest')]);
    const isDead = (answer: unknown) => ['REVOKED', 'CLIENT_DISABLED', 'UNAUTHENTICATED'].includes(String(answer));
    const expectSame = async () => {
      const [first, ...others] = await answers();
      expect(first).toBe('ALLOWED');
      expect(others.map(isDead), others.join()).toEqual(others.map(() => true));
      // Nobody knows it any more, and what is left of it says so.
      expect(await answerTo(fresh.key)).toBe('REVOKED');
    };
    await expectSame();
    await platform.restart('validator');
    await expectSame();
    // A change writes anew all that Postgres has of the client.
    expectDone(await call(environment, 'PUT', `/client/${revoked.id}`, { body: { name: 'renamed' } }));
    await expectSame();
    await untilCounted();
    // 3, 1, 4 and the four looks of before, two after the drop, three of now.
    const asked = await withPostgres(databaseUrl, async (client) => {
      const { rows } = await client.query('select count(*) as n from request_log where client_id = $1', [kept.id]);
      return Number(rows[0].n);
    });
    expect(await countedOf(kept.id)).toBe(asked);
    expect(asked).toBe(3 + 1 + 4 + 5);
    expect(await keyward('audit verify')).toMatchObject({ code: 0 });
  });
});
