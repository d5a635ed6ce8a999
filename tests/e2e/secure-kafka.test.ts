import { createLogger } from '@keyward/kit/logger';
import { KafkaLink } from '@keyward/stores/kafka/kafka-link';
import { parseKafkaUrl } from '@keyward/stores/kafka/kafka-target';
import { openEventConsumer } from '@keyward/stores/open-event-log';
import { openDatabase } from '@keyward/stores/postgres/database';
import { freshMemoryUrl, freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { type SecureKafka, startSecureKafka, topic } from '@keyward/tests/backends/secure-kafka';
import { clientQuery } from '@keyward/tests/backends/secure-redis';
import { type CertificateFiles, createAuthority, type TestAuthority } from '@keyward/tests/backends/test-authority';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { prepareInstallation } from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { runServices } from '@keyward/tests/platform/run-services';
import { validatePlain } from '@keyward/tests/platform/wire-client';
import { ValidatorConfig } from '@keyward/validator/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('Kafka over TLS, with SASL and a user for each service', () => {
  const own = new AsyncDisposableStack();
  let authority: TestAuthority;
  let client: CertificateFiles;
  let kafka: SecureKafka;

  beforeAll(async () => {
    authority = own.use(await createAuthority());
    client = await authority.issue('keyward');
    kafka = own.use(await startSecureKafka(authority));
  });
  afterAll(() => own.disposeAsync());

  const query = (sasl: string) => `sasl=${sasl}&${clientQuery(authority.ca, client)}`;

  function quiet() {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    return { logger: createLogger({ service: 'test', level: 'info', schemas: [ValidatorConfig], destination }), lines };
  }

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('lets a service in by %s', async (sasl) => {
    await using consumer = await openEventConsumer(kafka.url('ingest', query(sasl)), quiet());
    const { partitions } = await consumer.ends();
    expect(partitions).toHaveLength(2);
  });

  it.each<[string, () => Promise<string> | string, RegExp]>([
    [
      'the password is wrong',
      () => kafka.url('ingest', query('scram-sha-512'), 'not-the-password'),
      /authentication failed|Authentication failed|invalid credentials/i,
    ],
    [
      'the password is wrong in clear',
      () => kafka.url('ingest', query('plain'), 'not-the-password'),
      /Invalid username or password/,
    ],
    [
      'nobody we trust vouches for it',
      async () => kafka.url('ingest', `sasl=plain&${clientQuery(own.use(await createAuthority()).ca, client)}`),
      /self-signed certificate in certificate chain|unable to verify/,
    ],
    [
      'we show no certificate',
      () => kafka.url('ingest', `sasl=plain&sslrootcert=${authority.ca}`),
      /certificate required|bad certificate|Closed connection/i,
    ],
    [
      'our certificate has expired',
      async () =>
        kafka.url('ingest', `sasl=plain&${clientQuery(authority.ca, await authority.issue('old', 'expired'))}`),
      /certificate|Closed connection/i,
    ],
  ])('says that %s, without a secret', async (_what, urlOf, told) => {
    const { logger, lines } = quiet();
    await using consumer = await openEventConsumer(await urlOf(), { logger });
    const error = await consumer.ends().catch((reason: unknown) => reason);
    expect(String(error)).toMatch(told);
    expect(String(error) + lines.join('')).not.toMatch(/not-the-password|secret-of/);
  });

  it('carries every event to Postgres, and lets no service do what is another one’s', async () => {
    const databaseUrl = freshPgliteUrl();
    const redisUrl = freshMemoryUrl();
    await using installation = await prepareInstallation(databaseUrl);
    await using services = await runServices(installation, {
      'admin-api': { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl },
      ingest: { DATABASE_URL: databaseUrl, EVENT_LOG_URL: kafka.url('ingest', query('scram-sha-256')) },
      validator: { REDIS_URL: redisUrl, EVENT_LOG_URL: kafka.url('validator', query('scram-sha-512')) },
    });
    const environment = await services.newEnvironment();
    const { id, key } = await newClient(environment);
    await waitUntil(async () => (await validatePlain(environment, { key })).body.success === true, {
      what: 'the projection',
      timeoutMs: 15_000,
    });
    await using database = await openDatabase(databaseUrl);
    const counted = () => database.db.selectFrom('usage_hour').select('count').where('client_id', '=', id).execute();
    await waitUntil(async () => (await counted()).length > 0, { what: 'the event to be counted', timeoutMs: 30_000 });
    expect(services.logged()).not.toContain('secret-of');

    const others = async (user: 'validator' | 'ingest') => {
      const link = new KafkaLink(parseKafkaUrl(kafka.url(user, query('scram-sha-512'))), () => () => undefined);
      const producer = link.kafka.producer({ retry: { retries: 0 } });
      const admin = link.kafka.admin({ retry: { retries: 0 } });
      try {
        await Promise.all([producer.connect(), admin.connect()]);
        const send = producer.send({ topic, messages: [{ value: 'x' }] });
        const create = admin.createTopics({ topics: [{ topic: 'another' }], waitForLeaders: false });
        const drop = admin.deleteTopics({ topics: [topic] });
        return (await Promise.allSettled([send, create, drop])).map(({ status }) => status);
      } finally {
        link.cut();
      }
    };
    expect(await others('ingest')).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await others('validator')).toEqual(['fulfilled', 'rejected', 'rejected']);
  });
});
