import type { NewWebhook, Webhook, WebhookChange } from '@keyward/contract/routes/webhook';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import { lockEnvironment } from '@keyward/stores/postgres/projects';
import { insertWebhook, listWebhooks } from '@keyward/stores/postgres/webhooks';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { addWebhookSecret } from './webhook-secrets.ts';
import { viewWebhook } from './webhook-view.ts';

/** Each is a request for every event. */
const maxWebhooks = 10;

/** Has events that come from now on sent to a URL. The secret is in this answer and nowhere else. */
export async function createWebhook(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewWebhook,
): Promise<Outcome<Webhook>> {
  const { environment } = call;
  checkWebhook(administration, input);
  return makeChange(administration, call, async (change) => {
    await requireRoom(change, environment.id);
    const { transaction, now } = change;
    const row = await insertWebhook(transaction, {
      id: newId(),
      organization_id: environment.organization_id,
      environment_id: environment.id,
      url: input.url,
      description: input.description ?? null,
      events: input.events,
      enabled: input.enabled ?? true,
      created_at: now,
      updated_at: now,
    });
    const { secrets } = administration;
    const secret = await addWebhookSecret(transaction, { webhookId: row.id, secrets, now });
    const view = viewWebhook(row);
    const subject = { kind: 'webhook', id: row.id };
    change.record({ action: 'webhook.create', subject, environmentId: environment.id, after: view });
    return created({ ...view, secret });
  });
}

/** Refuses what the schema cannot. Where a host's name leads to is seen when it is called. */
export function checkWebhook({ outbound }: Administration, { url }: WebhookChange): void {
  const check = new InputCheck();
  const fault = url === undefined ? undefined : outbound.urlFault(url);
  if (fault !== undefined) check.fault('/url', fault);
  check.done();
}

/** Others who create one in this environment wait here. */
async function requireRoom({ transaction }: Change, environmentId: string): Promise<void> {
  await lockEnvironment(transaction, environmentId);
  const { total } = await listWebhooks(transaction, { environmentId, limit: 1, offset: 0 });
  if (total >= maxWebhooks)
    throw new AppError('CONFLICT', `An environment has at most ${maxWebhooks} webhooks; delete one first.`);
}
