import { gateway } from '@keyward/gateway/service';
import { loadConfig } from '@keyward/kit/config';
import { startService } from '@keyward/kit/service';
import type { TracingConfig } from '@keyward/kit/tracing-config';
import type { InstanceSecrets } from '@keyward/local/instance-secrets';
import { startPlatform } from '@keyward/local/platform';
import { validator } from '@keyward/validator/service';
import type { StackUrls } from '../backends/describe-backends.ts';
import { uniqueName } from '../backends/unique-name.ts';
import { patientAdminMs, patientMs } from './patient-ms.ts';
import { createEnvironment, prepareInstallation, type TestEnvironment } from './prepare-installation.ts';
import { type Answer, type Caller, call } from './wire-client.ts';

export type { TestEnvironment };

export interface TestPlatform extends AsyncDisposable {
  url: string;
  adminUrl: string;
  /** An owner's calls. */
  owner: Caller;
  organizationId: string;
  serverPublicKey: string;
  /** Gateways read it again when it changes. */
  keyringFile: string;
  /** What its services share. */
  secrets: InstanceSecrets;
  /** Another validator with a gateway of its own, on the same stores; its base URL. */
  addNode(): Promise<string>;
  /** A new project with one environment, apart from every other test's. */
  newEnvironment(): Promise<TestEnvironment>;
}

interface PlatformChoices {
  /** How long Redis may take for one answer. */
  storeTimeoutMs?: number;
  /** How many locally signed keys of a client register themselves. */
  maxSignedKeysPerClient?: number;
  /** Does the configuration name the first organization as the operator's? Needed where a test makes another one. */
  isOperatorNamed?: boolean;
  /** Further variables of admin-api. */
  adminVariables?: Record<string, string>;
  /** Private hosts that webhooks may be sent to. */
  outboundAllowedHosts?: string;
  tracing?: TracingConfig;
}

/** All services on the given stores, with an owner; what tests do goes through the gateway. */
export async function runPlatform(
  urls: StackUrls,
  { storeTimeoutMs = patientMs, isOperatorNamed = false, ...choices }: PlatformChoices = {},
): Promise<TestPlatform> {
  await using starting = new AsyncDisposableStack();
  const installation = starting.use(await prepareInstallation(urls.postgres));
  const { secrets, keyringFile, accountKey, organizationId } = installation;
  const operator = isOperatorNamed ? { operatorOrganization: organizationId } : {};
  const stores = { databaseUrl: urls.postgres, redisUrl: urls.redis, eventLogUrl: urls.kafka };
  const platform = starting.use(
    await startPlatform({
      ...{ stores, secrets, keyringFile, storeTimeoutMs, ...choices, ...operator },
      adminTimeoutMs: patientAdminMs,
      port: 0,
      logLevel: 'error',
    }),
  );
  const owner = { url: platform.gatewayUrl, headers: { authorization: `Bearer ${accountKey}` } };
  const published = await call(owner, 'GET', '/.well-known/encryption-keys');

  async function addNode(): Promise<string> {
    const { pepper: PEPPER, projectionKey: PROJECTION_KEY, serviceToken: SERVICE_TOKEN } = secrets;
    const start = { host: '127.0.0.1', port: 0, logLevel: 'error' };
    const shared = { PEPPER, PROJECTION_KEY, SERVICE_TOKEN, REDIS_URL: urls.redis, EVENT_LOG_URL: urls.kafka };
    const patience = { STORE_TIMEOUT_MS: String(storeTimeoutMs) };
    const decisions = running.use(
      await startService(validator, { ...start, config: loadConfig(validator.config, { ...shared, ...patience }) }),
    );
    const addresses = {
      VALIDATOR_URL: decisions.url,
      ADMIN_API_URL: platform.adminUrl,
      ADMIN_TIMEOUT_MS: String(patientAdminMs),
    };
    const config = loadConfig(gateway.config, { SERVICE_TOKEN, KEYRING_FILE: keyringFile, ...addresses });
    return running.use(await startService(gateway, { ...start, config })).url;
  }

  const running = starting.move();
  return {
    addNode,
    url: platform.gatewayUrl,
    adminUrl: platform.adminUrl,
    owner,
    organizationId,
    serverPublicKey: published.body.keys[0].public_key,
    keyringFile,
    secrets,
    newEnvironment: () => createEnvironment(owner),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export interface TestClient {
  id: string;
  keyId: string;
  key: string;
}

/** A client with one key. */
export async function newClient(environment: Caller, key: Record<string, unknown> = {}): Promise<TestClient> {
  const name = uniqueName('client');
  const answer: Answer = await call(environment, 'POST', '/client', {
    body: { name, keys: [{ name: 'first', ...key }] },
  });
  if (answer.status !== 201) throw new Error(`the test's client was not made: ${JSON.stringify(answer.body)}`);
  const [made] = answer.body.keys;
  return { id: answer.body.id, keyId: made.id, key: made.key };
}
