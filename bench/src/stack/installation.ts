import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { prepareInstallation } from '@keyward/tests/platform/prepare-installation';
import { createEnvironment, type Environment } from './environment.ts';
import { Images, type Service } from './images.ts';
import { RelayHold } from './relay-hold.ts';
import { type HotPath, hotPathStarter } from './start-hot-path.ts';

export interface Installation extends AsyncDisposable {
  /** What measured calls go to. */
  hotPath: HotPath;
  /** One more gateway and validator over the same stores. */
  startHotPath(): Promise<HotPath>;
  environment: Environment;
  /** Nothing is relayed until this is released. */
  relayHold: RelayHold | undefined;
  ingestUrl: string;
  redisUrl: string;
  postgresUrl: string;
  /** Who uses how much: process ids by name. */
  pids: { gateway: number; validator: number; redis: number; ingest: number; kafka: number };
}

export interface InstallationOptions {
  /** Unless it runs, decisions are measured without what carries their events on. */
  relay?: 'runs' | 'is held';
  /** For the Node of a service, beside what its image sets. */
  nodeOptions?: (service: Service) => string;
}

/** Keyward as it is deployed: each service and each store a process of its own, on this machine. */
export async function startInstallation({
  relay = 'runs',
  nodeOptions,
}: InstallationOptions = {}): Promise<Installation> {
  await using starting = new AsyncDisposableStack();
  const own = <T extends { stop(): Promise<void> }>(server: T) => starting.adopt(server, (each) => each.stop());
  const [redis, postgres, kafka] = await Promise.all([startNativeRedis(), startNativePostgres(), startNativeKafka()]);
  for (const server of [redis, postgres, kafka]) own(server);
  const images = starting.use(await Images.open(nodeOptions));
  const { secrets, keyringFile, accountKey } = starting.use(await prepareInstallation(postgres.url));
  const { pepper: PEPPER, projectionKey: PROJECTION_KEY, serviceToken: SERVICE_TOKEN } = secrets;
  const shared = { PEPPER, PROJECTION_KEY, SERVICE_TOKEN, REDIS_URL: redis.url };
  const stores = { DATABASE_URL: postgres.url, EVENT_LOG_URL: `${kafka.url}/validation.v1` };
  const managing = { ...shared, ...stores, MASTER_KEY: secrets.masterKey };
  const admin = starting.use(await images.start('admin-api', managing));
  const ingest = starting.use(await images.start('ingest', stores));
  const relayHold = relay === 'is held' ? starting.use(await RelayHold.open(redis.url)) : undefined;
  const startHotPath = hotPathStarter(images, {
    validator: { ...shared, EVENT_LOG_URL: stores.EVENT_LOG_URL },
    gateway: { SERVICE_TOKEN, ADMIN_API_URL: admin.url, KEYRING_FILE: keyringFile },
  });
  const hotPath = starting.use(await startHotPath());
  const owner = { url: hotPath.url, headers: { authorization: `Bearer ${accountKey}` } };
  const environment = await createEnvironment({ owner, redisUrl: redis.url, pepper: PEPPER });
  const running = starting.move();
  return {
    ...{ hotPath, startHotPath, environment, relayHold },
    ...{ ingestUrl: ingest.url, redisUrl: redis.url, postgresUrl: postgres.url },
    pids: { ...hotPath.pids, redis: redis.pid, ingest: ingest.process.pid, kafka: kafka.pid },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
