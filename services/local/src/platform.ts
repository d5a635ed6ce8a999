import { Projector } from '@keyward/admin-api/projection/projector';
import { adminApi } from '@keyward/admin-api/service';
import { gateway } from '@keyward/gateway/service';
import { ingest } from '@keyward/ingest/service';
import { systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { createLogger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import { SecretBox } from '@keyward/kit/secret-box';
import { type RunningService, type ServiceDefinition, startService } from '@keyward/kit/service';
import type { TracingConfig } from '@keyward/kit/tracing-config';
import { openProjectionStore } from '@keyward/stores/open-shards';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { StoreAway } from '@keyward/stores/store-away';
import { validator } from '@keyward/validator/service';
import type { Static, TObject } from 'typebox';
import type { InstanceSecrets } from './instance-secrets.ts';
import { StartError } from './start-error.ts';

export interface Stores {
  databaseUrl: string;
  redisUrl: string;
  eventLogUrl: string;
}

export interface PlatformOptions {
  stores: Stores;
  secrets: InstanceSecrets;
  keyringFile: string;
  /** The gateway's port; admin-api takes the next one. 0 = any free ports. */
  port: number;
  /** The address that gateway and admin-api listen on; loopback unless given. */
  host?: string;
  logLevel: string;
  /** Where events wait while neither Redis nor the event log is there; in memory unless given. */
  spoolDirectory?: string;
  /** How long Redis may take for one answer; the validator's default unless given. */
  storeTimeoutMs?: number;
  /** How long a management call may take at the gateway; the gateway's default unless given. */
  adminTimeoutMs?: number;
  /** How many locally signed keys of a client register themselves; admin-api's default unless given. */
  maxSignedKeysPerClient?: number;
  /** The id of the organization that runs this; not needed while there is only one. */
  operatorOrganization?: string;
  /** Further variables of admin-api. */
  adminVariables?: Record<string, string>;
  /** Private hosts that webhooks may be sent to, separated by commas. */
  outboundAllowedHosts?: string;
  tracing?: TracingConfig;
}

export interface Platform extends AsyncDisposable {
  gatewayUrl: string;
  adminUrl: string;
}

const loopback = '127.0.0.1';
const totalsWaitMs = 5_000;
const pollMs = 25;

/**
 * All services in this process, talking to each other over HTTP on loopback as they do when they are deployed.
 * Disposing stops the door first, then lets the events drain from the validator through ingest.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  await using starting = new AsyncDisposableStack();
  const { stores, secrets, port, logLevel } = options;
  const tracing = options.tracing ? { tracing: options.tracing } : {};
  const shared = {
    SERVICE_TOKEN: secrets.serviceToken,
    PEPPER: secrets.pepper,
    ...variable('PEPPER_WRAPS', secrets.pepperWraps),
    PROJECTION_KEY: secrets.projectionKey,
    REDIS_URL: stores.redisUrl,
  };
  const { db } = starting.use(await openDatabase(stores.databaseUrl));
  const store = starting.use(await openProjectionStore(stores.redisUrl));
  const logger = createLogger({ service: 'local', level: logLevel, schemas: [adminApi.config] });
  const boxes = { master: new SecretBox(secrets.masterKey), projection: new SecretBox(secrets.projectionKey) };
  const projector = new Projector({ db, store, boxes, clock: systemClock, logger });
  await prepareStores(db, projector);

  const start = async <C extends TObject, D>(
    service: ServiceDefinition<C, D>,
    { host = loopback, port: at }: { host?: string | undefined; port: number },
    environment: Record<string, string>,
  ) => {
    const config = loadConfig(service.config, environment) as Static<C>;
    return starting.use(
      await listenOrExplain(startService(service, { config, host, port: at, logLevel, ...tracing }), at),
    );
  };
  const { host } = options;
  const adminPort = port === 0 ? 0 : port + 1;
  const admin = await start(
    adminApi,
    { host, port: adminPort },
    {
      ...shared,
      DATABASE_URL: stores.databaseUrl,
      MASTER_KEY: secrets.masterKey,
      ORGANIZATION_CREATION: 'anyone',
      ...variable('MAX_SIGNED_KEYS_PER_CLIENT', options.maxSignedKeysPerClient),
      ...variable('OPERATOR_ORGANIZATION', options.operatorOrganization),
      ...options.adminVariables,
      ...variable('OUTBOUND_ALLOWED_HOSTS', options.outboundAllowedHosts),
    },
  );
  await start(ingest, { port: 0 }, { DATABASE_URL: stores.databaseUrl, EVENT_LOG_URL: stores.eventLogUrl });
  await giveBackTotals(projector);
  const decisions = await start(
    validator,
    { port: 0 },
    {
      ...shared,
      EVENT_LOG_URL: stores.eventLogUrl,
      ...variable('STORE_TIMEOUT_MS', options.storeTimeoutMs),
      ...variable('EVENT_SPOOL_DIR', options.spoolDirectory),
    },
  );
  const door = await start(
    gateway,
    { host, port },
    {
      SERVICE_TOKEN: secrets.serviceToken,
      KEYRING_FILE: options.keyringFile,
      VALIDATOR_URL: decisions.url,
      ADMIN_API_URL: fromHere(admin.url),
      ...variable('ADMIN_TIMEOUT_MS', options.adminTimeoutMs),
    },
  );
  const running = starting.move();
  return {
    gatewayUrl: fromHere(door.url),
    adminUrl: fromHere(admin.url),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Who listens on all addresses is called at this one. */
const fromHere = (url: string) => url.replace('//0.0.0.0:', `//${loopback}:`);

function variable(name: string, value: number | string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: String(value) };
}

/** What one-shot jobs do in a deployment: the newest schema, and the projection of what Postgres holds. */
async function prepareStores(db: Database, projector: Projector): Promise<void> {
  await migrate(db);
  try {
    await projector.repair();
  } catch (error) {
    if (error instanceof StoreAway) throw new StartError('Redis cannot be reached at REDIS_URL.', { cause: error });
    throw error;
  }
}

/** Memory begins without totals: they are there before the door opens, unless the event log keeps us waiting for it. */
async function giveBackTotals(projector: Projector): Promise<void> {
  const patience = AbortSignal.timeout(totalsWaitMs);
  while (!patience.aborted && (await projector.repair()) === 'waiting') await pause(pollMs, patience);
}

async function listenOrExplain(starting: Promise<RunningService>, port: number): Promise<RunningService> {
  try {
    return await starting;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(`Port ${port} is taken by another program; give another with --port.`);
    if (code === 'EACCES')
      throw new StartError(`Port ${port} may not be used by this user; give one above 1023 with --port.`);
    throw error;
  }
}
