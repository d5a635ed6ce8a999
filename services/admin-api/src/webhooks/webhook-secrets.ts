import { newId, newSecret } from '@keyward/kit/random';
import type { SecretBox } from '@keyward/kit/secret-box';
import type { Database } from '@keyward/stores/postgres/database';
import { insertWebhookSecret, listWebhookSecrets } from '@keyward/stores/postgres/webhooks';

/** "base64 encoded, prefixed with `whsec_`" (Standard Webhooks, "Signature scheme"). */
const prefix = 'whsec_';

interface Making {
  webhookId: string;
  secrets: SecretBox;
  now: Date;
}

/** A new secret of a webhook, as it is shown once; it is stored sealed. */
export async function addWebhookSecret(transaction: Database, { webhookId, secrets, now }: Making): Promise<string> {
  const [id, secret] = [newId(), newSecret()];
  const row = { id, webhook_id: webhookId, sealed: secrets.seal(secret, id), created_at: now, expires_at: null };
  await insertWebhookSecret(transaction, row);
  return prefix + Buffer.from(secret, 'base64url').toString('base64');
}

/** The bytes of each secret that deliveries are signed with now, the newest first. */
export async function readWebhookSecrets(db: Database, { webhookId, secrets, now }: Making): Promise<Buffer[]> {
  const rows = await listWebhookSecrets(db, webhookId, now);
  return rows.map(({ id, sealed }) => Buffer.from(secrets.open(sealed, id), 'base64url'));
}
