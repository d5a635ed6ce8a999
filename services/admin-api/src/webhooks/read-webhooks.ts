import type { Webhook } from '@keyward/contract/routes/webhook';
import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { findWebhook, listWebhooks, lockWebhook, type WebhookRow } from '@keyward/stores/postgres/webhooks';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';
import { viewWebhook } from './webhook-view.ts';

interface ListOptions {
  environment: EnvironmentRow;
  enabled: boolean | undefined;
  page: number;
  limit: number;
}

export async function readWebhooks(
  { db }: Administration,
  { environment, enabled, page, limit }: ListOptions,
): Promise<Paged<Webhook>> {
  const offset = (page - 1) * limit;
  const { total, rows } = await listWebhooks(db, { environmentId: environment.id, enabled, limit, offset });
  return paged({ data: rows.map(viewWebhook), total, page, limit });
}

export async function readWebhook(
  { db }: Pick<Administration, 'db'>,
  environment: EnvironmentRow,
  id: string,
): Promise<WebhookRow> {
  const row = await findWebhook(db, { environmentId: environment.id, id });
  if (!row) throw unknownWebhook();
  return row;
}

/** The webhook, locked until the transaction ends. */
export async function lockedWebhook(
  transaction: Database,
  environment: EnvironmentRow,
  id: string,
): Promise<WebhookRow> {
  const row = await lockWebhook(transaction, { environmentId: environment.id, id });
  if (!row) throw unknownWebhook();
  return row;
}

function unknownWebhook(): AppError {
  return new AppError('NOT_FOUND', 'There is no such webhook.');
}
