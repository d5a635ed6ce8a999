import { createLogger } from '@keyward/kit/logger';
import { openDecisionStore } from '@keyward/stores/open-shards';
import type { RedisUser } from '@keyward/stores/redis/acl-rules';
import { connectRedis, untilConnected } from '@keyward/stores/redis/connection';
import { freshMemoryUrl, freshPgliteUrl } from '@keyward/tests/backends/isolate';
import {
  clientQuery,
  type SecureRedis,
  startSecureRedis,
  startSecureRedisCluster,
} from '@keyward/tests/backends/secure-redis';
import { type CertificateFiles, createAuthority, type TestAuthority } from '@keyward/tests/backends/test-authority';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { prepareInstallation } from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { runServices } from '@keyward/tests/platform/run-services';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { ValidatorConfig } from '@keyward/validator/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('Redis behind a sentinel, over TLS, with a user for each service', () => {
  const own = new AsyncDisposableStack();
  let authority: TestAuthority;
  let client: CertificateFiles;
  let redis: SecureRedis;

  beforeAll(async () => {
    authority = own.use(await createAuthority());
    client = await authority.issue('keyward');
    redis = own.use(await startSecureRedis(authority));
  });
  afterAll(() => own.disposeAsync());

  const direct = (user: RedisUser, query = clientQuery(authority.ca, client), password = redis.passwordOf(user)) =>
    `rediss://${user}:${password}@127.0.0.1:${redis.tlsPort}/0?${query}`;

  describe.each<[RedisUser, (string | number)[][]]>([
    [
      'validator',
      [
        ['SET', '{s18}k:environment:digest', 'record'],
        ['DEL', '{s18}projected'],
        ['EVAL', "#!lua\nreturn redis.call('SET', KEYS[1], 'record')", 1, '{s18}s:digest'],
      ],
    ],
    [
      'admin-api',
      [
        ['XADD', '{s18}x', '*', 'field', 'value'],
        ['SET', '{s18}l', 'relay'],
        ['EVAL', "#!lua\nreturn redis.call('SET', KEYS[1], 'entry')", 1, '{s18}n:id'],
      ],
    ],
  ])('the user of %s', (user, others) => {
    it.each([
      ...others,
      ['GET', 'a key of somebody else'],
      ['EVAL', "#!lua\nreturn redis.call('GET', 'a key of somebody else')", 0],
      ['KEYS', '*'],
      ['FLUSHALL'],
      ['CONFIG', 'GET', 'requirepass'],
      ['ACL', 'LIST'],
      ['CLIENT', 'LIST'],
      ['SUBSCRIBE', 'channel'],
    ])('may not %s', async (command, ...args) => {
      const connection = connectRedis(direct(user));
      try {
        expect(await untilConnected(connection, 5_000)).toBe(true);
        // EVAL tells it of a command inside in its own words.
        await expect(connection.call(String(command), ...args)).rejects.toThrow(
          /NOPERM|The user executing the script can/,
        );
      } finally {
        connection.disconnect();
      }
    });
  });

  it.concurrent.each<[string, () => Promise<string> | string, RegExp]>([
    [
      'nobody we trust vouches for it',
      async () => direct('validator', clientQuery(own.use(await createAuthority()).ca, client)),
      /self-signed certificate in certificate chain|unable to verify/,
    ],
    [
      'we show no certificate',
      () => direct('validator', `sslrootcert=${authority.ca}`),
      /certificate required|ECONNRESET|closed/i,
    ],
    [
      'our certificate has expired',
      async () => direct('validator', clientQuery(authority.ca, await authority.issue('old', 'expired'))),
      /certificate expired|ECONNRESET|closed/i,
    ],
    ['the password is wrong', () => direct('validator', undefined, 'not-the-password'), /WRONGPASS/],
  ])('is away when %s, and the log says so without a secret', async (_what, urlOf, told) => {
    const { lines, logger } = heardLogger();
    await using store = await openDecisionStore(await urlOf(), { logger });
    await waitUntil(() => told.test(lines.join('')), {
      what: `the log to say ${told}, not ${lines.join('')}`,
      timeoutMs: 5_000,
    });
    expect(await store.ready()).toBe(false);
    expect(lines.join('')).not.toMatch(/not-the-password|secret-of/);
  });

  it('runs everything, and goes on with the next master when one is lost', async () => {
    const databaseUrl = freshPgliteUrl();
    const eventLogUrl = freshMemoryUrl();
    await using installation = await prepareInstallation(databaseUrl);
    const urlOf = (user: RedisUser) => redis.sentinelUrl(user, client);
    await using services = await runServices(installation, {
      'admin-api': { DATABASE_URL: databaseUrl, REDIS_URL: urlOf('admin-api') },
      ingest: { DATABASE_URL: databaseUrl, EVENT_LOG_URL: eventLogUrl },
      validator: { REDIS_URL: urlOf('validator'), EVENT_LOG_URL: eventLogUrl },
    });
    const environment = await services.newEnvironment();
    const { key } = await newClient(environment);
    const ask = () => validatePlain(environment, { key });
    await waitUntil(async () => (await ask()).body.success === true, { what: 'the projection', timeoutMs: 15_000 });

    await redis.master.kill();
    const seen = new Set<string>();
    await waitUntil(
      async () => {
        const { status, body } = await ask();
        seen.add(`${status} ${body.code ?? body.error ?? body.success}`);
        return body.success === true && seen.size > 1;
      },
      { what: 'the next master to decide', timeoutMs: 30_000, everyMs: 50 },
    );
    expect([...seen].sort()).toEqual(['200 true', '503 UNAVAILABLE']);
    const changed = await call(environment, 'POST', '/client', { body: { name: 'after', keys: [{ name: 'first' }] } });
    expect(changed.status).toBe(201);
    const added = await validatePlain(environment, { key: changed.body.keys[0].key });
    expect(added.body.success).toBe(true);
    expect(services.logged()).not.toContain('NOPERM');
    expect(services.logged()).not.toContain('secret-of');
  });
});

describe('a Redis Cluster over TLS, with a user for each service', () => {
  const own = new AsyncDisposableStack();
  let query: string;
  let urlOf: (user: RedisUser, query?: string) => string;

  beforeAll(async () => {
    const authority = own.use(await createAuthority());
    query = clientQuery(authority.ca, await authority.issue('keyward'));
    const cluster = own.use(await startSecureRedisCluster(authority));
    urlOf = (user, other = query) => cluster.url(user, other);
  });
  afterAll(() => own.disposeAsync());

  it('runs everything', async () => {
    const [databaseUrl, eventLogUrl] = [freshPgliteUrl(), freshMemoryUrl()];
    await using installation = await prepareInstallation(databaseUrl);
    await using services = await runServices(installation, {
      'admin-api': { DATABASE_URL: databaseUrl, REDIS_URL: urlOf('admin-api') },
      ingest: { DATABASE_URL: databaseUrl, EVENT_LOG_URL: eventLogUrl },
      validator: { REDIS_URL: urlOf('validator'), EVENT_LOG_URL: eventLogUrl },
    });
    const environment = await services.newEnvironment();
    const { key } = await newClient(environment);
    const isAllowed = async () => (await validatePlain(environment, { key })).body.success === true;
    await waitUntil(isAllowed, { what: 'the projection', timeoutMs: 15_000 });
    expect((await call(environment, 'POST', '/client', { body: { name: 'another' } })).status).toBe(201);
    expect(services.logged()).not.toContain('NOPERM');
  });

  it('is away where nobody we trust vouches for it, and the log says so', async () => {
    const { lines, logger } = heardLogger();
    const stranger = own.use(await createAuthority());
    await using store = await openDecisionStore(
      urlOf('validator', query.replace(/sslrootcert=[^&]*/, `sslrootcert=${stranger.ca}`)),
      { logger },
    );
    const told = /self-signed certificate in certificate chain|unable to verify/;
    await waitUntil(() => told.test(lines.join('')), { what: 'the log to say why', timeoutMs: 5_000 });
    expect(await store.ready()).toBe(false);
    expect(lines.join('')).not.toContain('secret-of');
  });
});

function heardLogger() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ service: 'test', level: 'info', schemas: [ValidatorConfig], destination }) };
}
