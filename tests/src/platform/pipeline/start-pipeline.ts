import type { DecisionReply } from '@keyward/contract/decisions';
import { startNativeKafka } from '../../backends/kafka-broker.ts';
import type { NativeServer } from '../../backends/native-server.ts';
import { startNativePostgres } from '../../backends/postgres-server.ts';
import { startNativeRedis } from '../../backends/redis-server.ts';
import { patientMs } from '../patient-ms.ts';
import { createEnvironment, prepareInstallation, type TestEnvironment } from '../prepare-installation.ts';
import { type ServiceProcess, startServiceProcess } from '../service-process.ts';
import { untilProjected } from '../until-projected.ts';
import { ValidatorCaller } from '../validator-caller.ts';
import { breakingPointVariable } from './breaking-point.ts';
import { keepArrivals } from './keep-arrivals.ts';
import { createLoadClients, loadAddress } from './load-clients.ts';
import { type LoadCall, PipelineLoad } from './pipeline-load.ts';
import type { PipelineStores } from './pipeline-stores.ts';

/** Redis, Kafka and Postgres of its own, with an admin-api; validators and ingests come and go as a test wants it. */
export interface Pipeline extends AsyncDisposable {
  stores: PipelineStores;
  /** @param point where it is to break, once it is armed; see breaking-point.ts */
  startValidator(point?: string): Promise<ServiceProcess>;
  startIngest(point?: string): Promise<ServiceProcess>;
  /** Calls to the validators that run, in turn. */
  newLoad(clients?: number): Promise<PipelineLoad>;
}

/** A process that was stopped holds its connections open and says nothing. */
const answerWithinMs = 2_000;

export async function startPipeline({ outboxMaxBytes = 0 }: { outboxMaxBytes?: number } = {}): Promise<Pipeline> {
  await using starting = new AsyncDisposableStack();
  const own = (server: NativeServer) => starting.adopt(server, (each) => each.stop());
  const [redis, postgres, kafka] = await Promise.all([startNativeRedis(), startNativePostgres(), startNativeKafka()]);
  const stores: PipelineStores = {
    redis: own(redis),
    postgres: own(postgres),
    kafka: own(kafka),
    topic: 'validation.v1',
    group: 'ingest',
    eventLogUrl: `${kafka.url}/validation.v1?group=ingest&partitions=4&sessionTimeoutMs=1500`,
  };
  const { secrets, accountKey } = starting.use(await prepareInstallation(postgres.url));
  await keepArrivals(postgres.url);
  const shared = {
    PEPPER: secrets.pepper,
    PROJECTION_KEY: secrets.projectionKey,
    SERVICE_TOKEN: secrets.serviceToken,
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.url,
    EVENT_LOG_URL: stores.eventLogUrl,
    STORE_TIMEOUT_MS: String(patientMs),
    OUTBOX_MAX_BYTES: String(outboxMaxBytes),
  };
  const adminApi = starting.use(await startServiceProcess('admin-api', { ...shared, MASTER_KEY: secrets.masterKey }));
  await untilProjected(redis.url);
  const environment = await createEnvironment({
    url: adminApi.url,
    headers: { authorization: `Bearer ${accountKey}` },
  });
  const running = starting.move();

  const start = async (service: 'validator' | 'ingest', point?: string) => {
    const breaking = point === undefined ? {} : { [breakingPointVariable]: point };
    const main = `tests/src/platform/pipeline/breakable-${service}.ts`;
    return running.use(await startServiceProcess(service, { ...shared, ...breaking }, { main }));
  };
  const callers = new Map<ServiceProcess, ValidatorCaller>();
  const ask = (asked: LoadCall, attempt: number, { serverKey }: TestEnvironment): Promise<DecisionReply> => {
    const deciding = [...callers].filter(([{ process }]) => process.isRunning());
    const caller = deciding[attempt % deciding.length]?.[1];
    if (!caller) return Promise.reject(new Error('no validator runs'));
    return caller.ask({ serverKey, ...asked }, { timeoutMs: answerWithinMs });
  };
  return {
    stores,
    async startValidator(point) {
      const validator = await start('validator', point);
      callers.set(validator, running.use(new ValidatorCaller(validator.url, secrets.serviceToken)));
      return validator;
    },
    startIngest: (point) => start('ingest', point),
    async newLoad(clients = 12) {
      return new PipelineLoad({
        clients: await createLoadClients(environment, clients),
        remoteAddress: loadAddress,
        ask: (asked, attempt) => ask(asked, attempt, environment),
      });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
