import { openDatabase } from '@keyward/stores/postgres/database';
import { keepEventPartitions } from '@keyward/stores/postgres/event-partitions';
import { migrate } from '@keyward/stores/postgres/migrate';
import { isAlone } from '@keyward/stores/postgres/restored-database';
import { freshMemoryUrl, freshPostgresUrl } from '@keyward/tests/backends/isolate';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import {
  asPostgresRole,
  type PostgresRole,
  postgresRoles,
  setPostgresRoles,
} from '@keyward/tests/backends/postgres-roles';
import { startSecurePostgres } from '@keyward/tests/backends/secure-postgres';
import { createAuthority, type TestAuthority } from '@keyward/tests/backends/test-authority';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { prepareInstallation } from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { runServices } from '@keyward/tests/platform/run-services';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('Postgres over TLS, with a role for each service', () => {
  const own = new AsyncDisposableStack();
  let authority: TestAuthority;
  let server: NativeServer;
  /** The owner's, in clear. */
  let ownerUrl: string;

  beforeAll(async () => {
    authority = own.use(await createAuthority());
    server = await startSecurePostgres(authority);
    own.defer(() => server.stop());
    ownerUrl = (await freshPostgresUrl(server.url)).url;
    await setPostgresRoles(ownerUrl);
    await using database = await openDatabase(urlOf('keyward_migrate'));
    await migrate(database.db);
    await setPostgresRoles(ownerUrl);
  });
  afterAll(() => own.disposeAsync());

  function urlOf(role: PostgresRole, query = `sslmode=verify-full&sslrootcert=${authority.ca}`) {
    return Object.assign(new URL(asPostgresRole(ownerUrl, role)), { search: query }).href;
  }

  const ask = async (url: string, question = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()') => {
    await using database = await openDatabase(url);
    return await database.sessions.transaction((session) => session.query(question));
  };

  it('speaks TLS where the URL says so', async () => {
    for (const role of postgresRoles) expect(await ask(urlOf(role))).toEqual([{ ssl: true }]);
  });

  it.each<[string, () => Promise<string> | string, RegExp]>([
    [
      'the password is wrong',
      () => urlOf('keyward_ingest').replace('secret-of-keyward_ingest', 'not-the-password'),
      /password authentication failed/,
    ],
    [
      'nobody we trust vouches for it',
      async () => urlOf('keyward_ingest', `sslmode=verify-full&sslrootcert=${own.use(await createAuthority()).ca}`),
      /self-signed certificate in certificate chain|unable to verify/,
    ],
    [
      'it has another name',
      () => urlOf('keyward_ingest').replace('127.0.0.1', '127.0.0.2'),
      /ECONNREFUSED|does not match certificate/,
    ],
    [
      'its certificate cannot be read',
      () => urlOf('keyward_ingest', 'sslmode=verify-full&sslrootcert=/no/such'),
      /sslrootcert in DATABASE_URL cannot be read \(ENOENT\)/,
    ],
    [
      'nothing would be verified',
      () => urlOf('keyward_ingest', 'sslmode=require'),
      /sslmode in DATABASE_URL is disable, or verify-full/,
    ],
  ])('says that %s, without the password', async (_what, urlOf, told) => {
    const error = await ask(await urlOf()).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(told);
    expect(String(error)).not.toMatch(/not-the-password|secret-of/);
  });

  it('refuses a server whose certificate has expired', async () => {
    const expired = await startSecurePostgres(authority, await authority.issue('old', 'expired'));
    own.defer(() => expired.stop());
    const url = `${expired.url}?sslmode=verify-full&sslrootcert=${authority.ca}`;
    await expect(ask(url)).rejects.toThrow('certificate has expired');
  });

  it('gives a service what it needs', async () => {
    await using installation = await prepareInstallation(ownerUrl);
    const [redisUrl, eventLogUrl] = [freshMemoryUrl(), freshMemoryUrl()];
    await using services = await runServices(installation, {
      'admin-api': { DATABASE_URL: urlOf('keyward_admin_api'), REDIS_URL: redisUrl },
      ingest: { DATABASE_URL: urlOf('keyward_ingest'), EVENT_LOG_URL: eventLogUrl },
      validator: { REDIS_URL: redisUrl, EVENT_LOG_URL: eventLogUrl },
    });
    const environment = await services.newEnvironment();
    const { id, key } = await newClient(environment);
    const isAllowed = async () => (await validatePlain(environment, { key })).body.success === true;
    await waitUntil(isAllowed, { what: 'the projection', timeoutMs: 15_000 });
    await using database = await openDatabase(ownerUrl);
    const counted = () => database.db.selectFrom('usage_hour').select('count').where('client_id', '=', id).execute();
    await waitUntil(async () => (await counted()).length > 0, { what: 'the event to be counted', timeoutMs: 30_000 });
    expect((await call(environment, 'DELETE', `/client/${id}`)).status).toBe(200);
    expect(services.logged()).not.toContain('permission denied');
    expect(services.logged()).not.toContain('must be owner');
    expect(services.logged()).not.toContain('secret-of');
  });

  it('sees that another role is connected, before a restore', async () => {
    await using restoring = await openDatabase(urlOf('keyward_migrate'), { poolSize: 1 });
    for (const role of ['keyward_admin_api', 'keyward_ingest'] as const) {
      await waitUntil(() => isAlone(restoring.db), { what: 'those before to be gone', timeoutMs: 5_000 });
      await using service = await openDatabase(urlOf(role));
      await service.sessions.transaction((session) => session.query('select 1'));
      expect(await isAlone(restoring.db)).toBe(false);
    }
  });

  it('lets ingest drop partitions that are past their days, whoever made them', async () => {
    await using database = await openDatabase(urlOf('keyward_ingest'));
    const nowMs = Date.now() + 30 * 86_400_000;
    const { dropped } = await keepEventPartitions(database.db, { nowMs, retentionDays: 2, logRetentionDays: 2 });
    expect(dropped.length).toBeGreaterThan(0);
  });

  it.each<[PostgresRole, string]>([
    ['keyward_ingest', 'select * from signing_secret'],
    ['keyward_ingest', 'select * from "user"'],
    ['keyward_ingest', 'select * from audit_event'],
    ['keyward_ingest', 'update api_key set name = null'],
    ['keyward_ingest', "update environment set settings = '{}'"],
    ['keyward_ingest', 'update endpoint set name = null'],
    ['keyward_ingest', 'drop table client'],
    ['keyward_admin_api', 'delete from audit_event'],
    ['keyward_admin_api', 'update audit_event set seq = 0'],
    ['keyward_admin_api', 'truncate client'],
    ['keyward_admin_api', 'drop table request_log'],
    ['keyward_admin_api', 'create table more (id integer)'],
    ['keyward_admin_api', 'select * from kysely_migration'],
    ['keyward_migrate', 'create role another'],
  ])('does not let %s %s', async (role, statement) => {
    await expect(ask(urlOf(role), statement)).rejects.toThrow(/permission denied|must be owner/);
  });
});
