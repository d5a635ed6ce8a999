import { adminApi } from '@keyward/admin-api/service';
import { gateway } from '@keyward/gateway/service';
import { ingest } from '@keyward/ingest/service';
import { loadConfig } from '@keyward/kit/config';
import { createLogger } from '@keyward/kit/logger';
import type { ServerTlsPaths } from '@keyward/kit/server-tls';
import { type RunningService, type ServiceDefinition, startService } from '@keyward/kit/service';
import { validator } from '@keyward/validator/service';
import type { Static, TObject } from 'typebox';
import { patientAdminMs, patientMs } from './patient-ms.ts';
import { createEnvironment, type Installation, type TestEnvironment } from './prepare-installation.ts';
import { type Caller, call } from './wire-client.ts';

type ServiceName = 'gateway' | 'validator' | 'ingest' | 'admin-api';

/** What a deployment gives each service besides the installation's secrets: its own stores, its own logins. */
export type Environments = Partial<Record<ServiceName, Record<string, string>>>;

export interface RunningServices extends AsyncDisposable {
  gateway: RunningService;
  validator: RunningService;
  adminApi: RunningService;
  /** An owner's calls. */
  owner: Caller;
  serverPublicKey: string;
  /** Another gateway, of which these variables are other ones. */
  anotherGateway(variables: Record<string, string>): Promise<RunningService>;
  newEnvironment(): Promise<TestEnvironment>;
  /** All that the services have logged. */
  logged(): string;
}

/** The four services in this process, each by an environment of its own; the stores are prepared. */
/** @param tls of services that speak it. */
export async function runServices(
  installation: Installation,
  environments: Environments,
  tls: Partial<Record<ServiceName, ServerTlsPaths>> = {},
): Promise<RunningServices> {
  await using starting = new AsyncDisposableStack();
  const { secrets, keyringFile, accountKey } = installation;
  const lines: string[] = [];
  const start = async <C extends TObject, D>(
    service: ServiceDefinition<C, D>,
    variables: Record<string, string>,
    others: Record<string, string> = {},
  ): Promise<RunningService> => {
    const name = service.name as ServiceName; // the names of the four
    const config = loadConfig(service.config, { ...variables, ...environments[name], ...others }) as Static<C>;
    const schemas = [...service.schemas, service.config];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ service: name, level: 'info', schemas, destination });
    return startService(service, { config, host: '127.0.0.1', port: 0, logLevel: 'info', tls: tls[name], logger });
  };
  const { serviceToken: SERVICE_TOKEN, pepper: PEPPER, projectionKey: PROJECTION_KEY } = secrets;
  const shared = { SERVICE_TOKEN, PEPPER, PROJECTION_KEY };
  const managing = starting.use(await start(adminApi, { ...shared, MASTER_KEY: secrets.masterKey }));
  starting.use(await start(ingest, {}));
  const deciding = starting.use(await start(validator, { ...shared, STORE_TIMEOUT_MS: String(patientMs) }));
  const gatewayVariables = {
    SERVICE_TOKEN,
    KEYRING_FILE: keyringFile,
    VALIDATOR_URL: deciding.url,
    ADMIN_API_URL: managing.url,
    ADMIN_TIMEOUT_MS: String(patientAdminMs),
  };
  const door = starting.use(await start(gateway, gatewayVariables));
  const owner = { url: door.url, headers: { authorization: `Bearer ${accountKey}` } };
  const published = await call({ url: door.url, headers: {} }, 'GET', '/.well-known/encryption-keys');
  const running = starting.move();
  return {
    gateway: door,
    validator: deciding,
    adminApi: managing,
    owner,
    serverPublicKey: published.body.keys[0].public_key,
    anotherGateway: (others) => start(gateway, gatewayVariables, others),
    newEnvironment: () => createEnvironment(owner),
    logged: () => lines.join(''),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
