import { issueAccountKey } from '@keyward/admin-api/first-setup';
import { signingSecretOf } from '@keyward/admin-api/projects/signing-secret';
import type { EncryptionKeys } from '@keyward/contract/routes/encryption-keys';
import { readPepper } from '@keyward/keyformat/pepper';
import { systemClock } from '@keyward/kit/clock';
import { SecretBox } from '@keyward/kit/secret-box';
import { findFirstOwner } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { findFirstEnvironment } from '@keyward/stores/postgres/projects';
import { createFirstProject } from './first-project.ts';
import type { InstanceSecrets } from './instance-secrets.ts';
import type { Platform } from './platform.ts';
import type { Quickstart, ShownOnce } from './quickstart.ts';

interface GatherOptions {
  db: Database;
  secrets: InstanceSecrets;
  platform: Platform;
  /** What the last start wrote, if it is still there. */
  earlier: ShownOnce | undefined;
}

/** Makes the first project if there is none, and gathers what can be known of the installation. */
export async function gatherQuickstart({ db, secrets, platform, earlier }: GatherOptions): Promise<Quickstart> {
  const pepper = readPepper(secrets.pepper, secrets.pepperWraps);
  const setUp = { db, pepper, clock: systemClock };
  const before = await findFirstOwner(db);
  const isComplete = before !== undefined && (await findFirstEnvironment(db, before.organizationId)) !== undefined;
  const shownOnce = isComplete
    ? (earlier ?? (await rememberNothing()))
    : await createFirstProject({ setUp, platform, owner: before });
  const owner = before ?? (await findFirstOwner(db));
  const environment = owner && (await findFirstEnvironment(db, owner.organizationId));
  if (!environment) throw new Error('the installation has no environment');
  return {
    gatewayUrl: platform.gatewayUrl,
    adminUrl: platform.adminUrl,
    dashboardUrl: `${platform.adminUrl}/`,
    projectEnv: environment.project_env,
    serverKey: shownOnce.serverKey,
    serverPublicKey: await serverPublicKey(platform),
    signingSecret: (await signingSecretOf({ db, secrets: new SecretBox(secrets.masterKey) }, environment)).secret,
    clientId: shownOnce.clientId ?? environment.first_client_id,
    customerKey: shownOnce.customerKey,
    adminEmail: owner.email,
    adminPassword: shownOnce.adminPassword,
    accountKey: shownOnce.accountKey,
  };

  /** Only digests are kept, so keys are gone with the file; a new account key lets its owner make others. */
  async function rememberNothing(): Promise<ShownOnce> {
    const accountKey = before
      ? await issueAccountKey(setUp, before.userId, 'Made because quickstart.json was gone')
      : null;
    return { serverKey: null, clientId: null, customerKey: null, adminPassword: null, accountKey };
  }
}

async function serverPublicKey({ gatewayUrl }: Platform): Promise<string> {
  const response = await fetch(`${gatewayUrl}/api/v1/.well-known/encryption-keys`);
  const { keys } = (await response.json()) as EncryptionKeys;
  const current = keys.find((key) => key.current);
  if (!current) throw new Error('the gateway has no current key');
  return current.public_key;
}
