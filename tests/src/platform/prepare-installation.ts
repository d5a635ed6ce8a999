import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFirstOwner, issueAccountKey } from '@keyward/admin-api/first-setup';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { systemClock } from '@keyward/kit/clock';
import type { InstanceSecrets } from '@keyward/local/instance-secrets';
import { findMemberships } from '@keyward/stores/postgres/accounts';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { uniqueName } from '../backends/unique-name.ts';
import { type Caller, call } from './wire-client.ts';

/** What the services of one installation share before the first of them starts. */
export interface Installation extends AsyncDisposable {
  secrets: InstanceSecrets;
  keyringFile: string;
  /** The first owner. */
  owner: { userId: string; email: string; password: string };
  /** Their account key. */
  accountKey: string;
  /** The first owner's. */
  organizationId: string;
}

/** Secrets, a keyring, the newest schema and a first owner. An embedded database stays open until it is disposed. */
export async function prepareInstallation(databaseUrl: string): Promise<Installation> {
  await using preparing = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'keyward-e2e-'));
  preparing.defer(() => rm(directory, { recursive: true, force: true }));
  const keyringFile = join(directory, 'keyring.json');
  await writeFile(keyringFile, printKeyring(keyringOf([createKeyringEntry({ nowMs: systemClock.nowMs() })])), {
    mode: 0o600,
  });
  const secret = () => randomBytes(32).toString('base64url');
  const secrets = { pepper: secret(), masterKey: secret(), projectionKey: secret(), serviceToken: secret() };

  const { db } = preparing.use(await openDatabase(databaseUrl));
  await migrate(db);
  const setUp = { db, pepper: Buffer.from(secrets.pepper), clock: systemClock };
  const account = { organization: 'e2e', email: `${uniqueName('owner')}@example.test`, password: secret() };
  const { userId } = await createFirstOwner(setUp, account);
  const accountKey = await issueAccountKey(setUp, userId, 'e2e');
  const [membership] = await findMemberships(db, userId);
  const organizationId = membership?.organizationId ?? '';
  const prepared = preparing.move();
  const { email, password } = account;
  return {
    secrets,
    keyringFile,
    accountKey,
    organizationId,
    owner: { userId, email, password },
    [Symbol.asyncDispose]: () => prepared.disposeAsync(),
  };
}

/** An environment that a test made for itself. */
export interface TestEnvironment extends Caller {
  projectEnv: string;
  serverKey: string;
  signingSecret: string;
}

/** A new project with one environment, apart from every other test's. */
export async function createEnvironment(owner: Caller): Promise<TestEnvironment> {
  const slug = uniqueName('project').replaceAll(/[^a-z0-9]/g, '');
  const made = await call(owner, 'POST', '/project', { body: { slug, name: slug, envs: [{ type: 'production' }] } });
  if (made.status !== 201) throw new Error(`the test's project was not made: ${JSON.stringify(made.body)}`);
  const { project_env: projectEnv, serverKey, signingSecret } = made.body.envs.list[0];
  return { url: owner.url, headers: { 'x-api-key': serverKey }, projectEnv, serverKey, signingSecret };
}
