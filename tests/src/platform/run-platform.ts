import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFirstOwner, issueAccountKey } from '@keyward/admin-api/first-setup';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { gateway } from '@keyward/gateway/service';
import { systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { startService } from '@keyward/kit/service';
import { startPlatform } from '@keyward/local/platform';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { validator } from '@keyward/validator/service';
import type { StackUrls } from '../backends/describe-backends.ts';
import { uniqueName } from '../backends/unique-name.ts';
import { type Answer, type Caller, call } from './wire-client.ts';

/** An environment that a test made for itself. */
export interface TestEnvironment extends Caller {
  projectEnv: string;
  serverKey: string;
  signingSecret: string;
}

export interface TestPlatform extends AsyncDisposable {
  url: string;
  adminUrl: string;
  /** An owner's calls. */
  owner: Caller;
  serverPublicKey: string;
  /** Another validator with a gateway of its own, on the same stores; its base URL. */
  addNode(): Promise<string>;
  /** A new project with one environment, apart from every other test's. */
  newEnvironment(): Promise<TestEnvironment>;
}

/** All services on the given stores, with an owner; what tests do goes through the gateway. */
export async function runPlatform(urls: StackUrls): Promise<TestPlatform> {
  await using starting = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'keyward-e2e-'));
  starting.defer(() => rm(directory, { recursive: true, force: true }));
  const keyringFile = join(directory, 'keyring.json');
  await writeFile(keyringFile, printKeyring(keyringOf([createKeyringEntry({ nowMs: systemClock.nowMs() })])), {
    mode: 0o600,
  });
  const secret = () => randomBytes(32).toString('base64url');
  const secrets = { pepper: secret(), masterKey: secret(), projectionKey: secret(), serviceToken: secret() };

  const { db } = starting.use(await openDatabase(urls.postgres));
  await migrate(db);
  const setUp = { db, pepper: Buffer.from(secrets.pepper), clock: systemClock };
  const account = { organization: 'e2e', email: `${uniqueName('owner')}@example.test`, password: secret() };
  const { userId } = await createFirstOwner(setUp, account);
  const accountKey = await issueAccountKey(setUp, userId, 'e2e');

  const stores = { databaseUrl: urls.postgres, redisUrl: urls.redis, eventLogUrl: urls.kafka };
  const platform = starting.use(await startPlatform({ stores, secrets, keyringFile, port: 0, logLevel: 'error' }));
  const owner = { url: platform.gatewayUrl, headers: { authorization: `Bearer ${accountKey}` } };
  const published = await call(owner, 'GET', '/.well-known/encryption-keys');

  async function newEnvironment(): Promise<TestEnvironment> {
    const slug = uniqueName('project').replaceAll(/[^a-z0-9]/g, '');
    const made = await call(owner, 'POST', '/project', { body: { slug, name: slug, envs: [{ type: 'production' }] } });
    if (made.status !== 201) throw new Error(`the test's project was not made: ${JSON.stringify(made.body)}`);
    const { project_env: projectEnv, serverKey, signingSecret } = made.body.envs.list[0];
    return { url: platform.gatewayUrl, headers: { 'x-api-key': serverKey }, projectEnv, serverKey, signingSecret };
  }

  async function addNode(): Promise<string> {
    const { pepper: PEPPER, projectionKey: PROJECTION_KEY, serviceToken: SERVICE_TOKEN } = secrets;
    const start = { host: '127.0.0.1', port: 0, logLevel: 'error' };
    const shared = { PEPPER, PROJECTION_KEY, SERVICE_TOKEN, REDIS_URL: urls.redis, EVENT_LOG_URL: urls.kafka };
    const decisions = running.use(
      await startService(validator, { ...start, config: loadConfig(validator.config, shared) }),
    );
    const addresses = { VALIDATOR_URL: decisions.url, ADMIN_API_URL: platform.adminUrl };
    const config = loadConfig(gateway.config, { SERVICE_TOKEN, KEYRING_FILE: keyringFile, ...addresses });
    return running.use(await startService(gateway, { ...start, config })).url;
  }

  const running = starting.move();
  return {
    addNode,
    url: platform.gatewayUrl,
    adminUrl: platform.adminUrl,
    owner,
    serverPublicKey: published.body.keys[0].public_key,
    newEnvironment,
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
