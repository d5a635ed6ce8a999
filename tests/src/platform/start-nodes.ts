import type { NodeUrls } from '../backends/describe-backends.ts';
import { patientMs } from './patient-ms.ts';
import { createEnvironment, prepareInstallation, type TestEnvironment } from './prepare-installation.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { untilProjected } from './until-projected.ts';
import { type Caller, call } from './wire-client.ts';

export interface NodesPlan {
  validators: number;
  adminApis?: number;
}

/** Services in OS processes of their own, as many of each as a test needs, over one Redis and one Postgres. */
export interface Nodes extends AsyncDisposable {
  validators: readonly ServiceProcess[];
  adminApis: readonly ServiceProcess[];
  /** What a validator's callers show. */
  serviceToken: string;
  /** An owner's calls, at the first admin-api. */
  owner: Caller;
  newEnvironment(): Promise<TestEnvironment>;
  /** A gateway that asks the validators at these URLs, in turn. */
  startGateway(validatorUrls: readonly string[]): Promise<{ url: string; serverPublicKey: string }>;
}

/** Events go no further than the validator that relays them; `DecisionLedger` keeps them where they can be counted. */
export async function startNodes(urls: NodeUrls, { validators, adminApis = 1 }: NodesPlan): Promise<Nodes> {
  await using starting = new AsyncDisposableStack();
  const { secrets, keyringFile, accountKey } = starting.use(await prepareInstallation(urls.postgres));
  const shared = {
    PEPPER: secrets.pepper,
    PROJECTION_KEY: secrets.projectionKey,
    SERVICE_TOKEN: secrets.serviceToken,
    REDIS_URL: urls.redis,
  };
  const startMany = (count: number, ...[service, environment]: Parameters<typeof startServiceProcess>) =>
    Promise.all(
      Array.from({ length: count }, async () => starting.use(await startServiceProcess(service, environment))),
    );
  const [deciding, managing] = await Promise.all([
    startMany(validators, 'validator', {
      ...shared,
      EVENT_LOG_URL: 'memory:nodes',
      STORE_TIMEOUT_MS: String(patientMs),
    }),
    startMany(adminApis, 'admin-api', { ...shared, DATABASE_URL: urls.postgres, MASTER_KEY: secrets.masterKey }),
  ]);
  await untilProjected(urls.redis);

  const adminUrl = managing[0]?.url ?? '';
  const owner = { url: adminUrl, headers: { authorization: `Bearer ${accountKey}` } };
  const running = starting.move();
  return {
    validators: deciding,
    adminApis: managing,
    serviceToken: secrets.serviceToken,
    owner,
    newEnvironment: () => createEnvironment(owner),
    async startGateway(validatorUrls) {
      const addresses = { VALIDATOR_URL: validatorUrls.join(), ADMIN_API_URL: adminUrl };
      const gateway = await startServiceProcess('gateway', { ...shared, ...addresses, KEYRING_FILE: keyringFile });
      const { url } = running.use(gateway);
      const published = await call({ url, headers: {} }, 'GET', '/.well-known/encryption-keys');
      return { url, serverPublicKey: published.body.keys[0].public_key };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
