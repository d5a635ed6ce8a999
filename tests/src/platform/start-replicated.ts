import type { InstanceSecrets } from '@keyward/local/instance-secrets';
import type { StackUrls } from '../backends/describe-backends.ts';
import { patientMs } from './patient-ms.ts';
import { prepareInstallation } from './prepare-installation.ts';
import { type ReplicaAddress, startReplicaAddress } from './replica-address.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { untilProjected } from './until-projected.ts';
import { type Caller, call } from './wire-client.ts';

export const serviceNames = ['admin-api', 'validator', 'ingest', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Every service some times, each behind an address of its own, as in a deployment. */
export interface Replicated extends AsyncDisposable {
  /** Where the gateways are. */
  url: string;
  serverPublicKey: string;
  /** An owner's calls, through the gateways. */
  owner: Caller;
  secrets: InstanceSecrets;
  /** What its services are started with. */
  variables: Readonly<Record<string, string>>;
  /** For services that are started from then on. */
  configure(variables: Record<string, string>): void;
  /** All of its replicas, at once. */
  stop(service: ServiceName): Promise<void>;
  start(service: ServiceName): Promise<void>;
  /** One replica after the other is told to stop, and replaced once it is gone; answers how each ended. */
  restart(service: ServiceName): Promise<(number | NodeJS.Signals | null)[]>;
}

interface Plan {
  /** How many of each. */
  replicas: number;
  drainMs?: number;
}

/** Readiness is probed and heard of in less than half of it. */
export const longEnoughMs = 1_200;

export async function startReplicated(urls: StackUrls, { replicas, drainMs = 0 }: Plan): Promise<Replicated> {
  await using starting = new AsyncDisposableStack();
  const { secrets, keyringFile, accountKey } = starting.use(await prepareInstallation(urls.postgres));
  const addresses = new Map<ServiceName, ReplicaAddress>();
  for (const name of serviceNames) addresses.set(name, starting.use(await startReplicaAddress()));
  const urlOf = (name: ServiceName) => addresses.get(name)?.url ?? '';
  const environment: Record<string, string> = {
    PEPPER: secrets.pepper,
    PROJECTION_KEY: secrets.projectionKey,
    SERVICE_TOKEN: secrets.serviceToken,
    MASTER_KEY: secrets.masterKey,
    KEYRING_FILE: keyringFile,
    REDIS_URL: urls.redis,
    DATABASE_URL: urls.postgres,
    EVENT_LOG_URL: urls.kafka,
    VALIDATOR_URL: urlOf('validator'),
    ADMIN_API_URL: urlOf('admin-api'),
    STORE_TIMEOUT_MS: String(patientMs),
    DRAIN_MS: String(drainMs),
  };
  const processes = new Map<ServiceName, ServiceProcess[]>(serviceNames.map((name) => [name, []]));
  starting.defer(async () => {
    await Promise.all([...processes.values()].flat().map(({ process }) => process.kill()));
  });
  const start = async (name: ServiceName) => {
    const started = await startServiceProcess(name, environment);
    processes.get(name)?.push(started);
    await addresses.get(name)?.add(started.url);
  };
  const startAll = (name: ServiceName) => Promise.all(Array.from({ length: replicas }, () => start(name)));
  for (const name of serviceNames) await startAll(name);
  await untilProjected(urls.redis);
  const end = async (name: ServiceName, { url, process }: ServiceProcess) => {
    process.signal('SIGTERM');
    const { code, signal } = await process.exit;
    addresses.get(name)?.remove(url);
    return code ?? signal;
  };
  const url = urlOf('gateway');
  const published = await call({ url, headers: {} }, 'GET', '/.well-known/encryption-keys');
  const running = starting.move();
  return {
    url,
    serverPublicKey: published.body.keys[0].public_key,
    owner: { url, headers: { authorization: `Bearer ${accountKey}` } },
    secrets,
    variables: environment,
    configure: (variables) => void Object.assign(environment, variables),
    async stop(name) {
      await Promise.all((processes.get(name)?.splice(0) ?? []).map((each) => end(name, each)));
    },
    start: async (name) => void (await startAll(name)),
    async restart(name) {
      const ended: (number | NodeJS.Signals | null)[] = [];
      for (const replica of processes.get(name)?.splice(0) ?? []) {
        ended.push(await end(name, replica));
        await start(name);
      }
      return ended;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
