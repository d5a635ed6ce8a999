import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';
import { type Page, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** Where an environment's events are sent to, and what they are signed with. */
export type WebhookRow = Selectable<Schema['webhook']>;
export type WebhookRowChange = Updateable<Schema['webhook']>;

interface Named {
  environmentId: string;
  id: string;
}

export async function insertWebhook(db: Database, row: Insertable<Schema['webhook']>): Promise<WebhookRow> {
  return db.insertInto('webhook').values(row).returningAll().executeTakeFirstOrThrow();
}

export async function findWebhook(db: Database, { environmentId, id }: Named): Promise<WebhookRow | undefined> {
  const query = db.selectFrom('webhook').selectAll().where('environment_id', '=', environmentId);
  return query.where('id', '=', id).executeTakeFirst();
}

/** As it is now, and nobody else changes it until the transaction ends; events may be sent to it meanwhile. */
export async function lockWebhook(db: Database, { environmentId, id }: Named): Promise<WebhookRow | undefined> {
  const query = db.selectFrom('webhook').selectAll().where('environment_id', '=', environmentId);
  return query.where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

export async function listWebhooks(
  db: Database,
  { environmentId, enabled, limit, offset }: Page & { enabled?: boolean | undefined },
): Promise<{ total: number; rows: WebhookRow[] }> {
  let query = db.selectFrom('webhook').where('environment_id', '=', environmentId);
  if (enabled !== undefined) query = query.where('enabled', '=', enabled);
  return readPart(query, { limit, offset });
}

/** Changes one that is locked. */
export async function updateWebhook(db: Database, id: string, change: WebhookRowChange): Promise<WebhookRow> {
  const query = db.updateTable('webhook').set(change).where('id', '=', id);
  return query.returningAll().executeTakeFirstOrThrow();
}

export async function deleteWebhook(db: Database, id: string): Promise<void> {
  await db.deleteFrom('webhook').where('id', '=', id).execute();
}

interface NotedAttempt {
  /** Where it went to: by now the webhook may be elsewhere, and of that place it says nothing. */
  url: string;
  failedAt: Date | null;
}

/** Notes how an attempt went; answers since when all have failed, null: this one has not. */
export async function noteAttempt(db: Database, id: string, { url, failedAt }: NotedAttempt): Promise<Date | null> {
  if (failedAt === null) {
    await db
      .updateTable('webhook')
      .set({ failing_since: null })
      .where('id', '=', id)
      .where('url', '=', url)
      .where('failing_since', 'is not', null)
      .execute();
    return null;
  }
  const row = await db
    .updateTable('webhook')
    .set({ failing_since: sql<Date>`coalesce(failing_since, ${failedAt}::timestamptz)` })
    .where('id', '=', id)
    .where('url', '=', url)
    .returning('failing_since')
    .executeTakeFirst();
  return row?.failing_since ?? null;
}

export interface WebhookSecret {
  id: string;
  sealed: Buffer;
}

export async function insertWebhookSecret(db: Database, row: Insertable<Schema['webhook_secret']>): Promise<void> {
  await db.insertInto('webhook_secret').values(row).execute();
}

/** Those that deliveries are signed with at `now`, the newest first. */
export async function listWebhookSecrets(db: Database, webhookId: string, now: Date): Promise<WebhookSecret[]> {
  const rows = await db
    .selectFrom('webhook_secret')
    .select(['id', 'sealed'])
    .where('webhook_id', '=', webhookId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(({ id, sealed }) => ({ id, sealed: Buffer.from(sealed) }));
}

/** Ends the secrets of a webhook at `until`, those that end earlier then; what has ended by `now` goes. */
export async function endWebhookSecrets(
  db: Database,
  webhookId: string,
  { until, now }: { until: Date; now: Date },
): Promise<void> {
  await db
    .updateTable('webhook_secret')
    .set({ expires_at: sql<Date>`least(expires_at, ${until}::timestamptz)` })
    .where('webhook_id', '=', webhookId)
    .execute();
  await db.deleteFrom('webhook_secret').where('webhook_id', '=', webhookId).where('expires_at', '<=', now).execute();
}
