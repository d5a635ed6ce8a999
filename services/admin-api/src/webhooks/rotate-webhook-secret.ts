import type { SecretRotation, Webhook } from '@keyward/contract/routes/webhook';
import { AppError } from '@keyward/kit/app-error';
import { endWebhookSecrets, listWebhookSecrets } from '@keyward/stores/postgres/webhooks';
import type { Administration } from '../administration.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { lockedWebhook } from './read-webhooks.ts';
import { addWebhookSecret } from './webhook-secrets.ts';
import { viewWebhook } from './webhook-view.ts';

/** A delivery carries a signature with each of them. */
const maxSecrets = 3;
const overlapDefaultSeconds = 86_400;

/** Gives a webhook another secret, which is in this answer and nowhere else; those of before are signed with until the overlap ends. */
export async function rotateWebhookSecret(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, overlapSeconds = overlapDefaultSeconds }: SecretRotation & { id: string },
): Promise<Outcome<Webhook>> {
  const { environment } = call;
  const { secrets } = administration;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const row = await lockedWebhook(transaction, environment, id);
    const until = new Date(now.getTime() + overlapSeconds * 1_000);
    await endWebhookSecrets(transaction, row.id, { until, now });
    const live = await listWebhookSecrets(transaction, row.id, now);
    if (live.length >= maxSecrets)
      throw new AppError(
        'CONFLICT',
        `A webhook has at most ${maxSecrets} secrets; let one end, or say overlapSeconds 0.`,
      );
    const secret = await addWebhookSecret(transaction, { webhookId: row.id, secrets, now });
    const view = viewWebhook(row);
    const subject = { kind: 'webhook', id: row.id };
    change.record({ action: 'webhook.rotate', subject, environmentId: environment.id, after: { overlapSeconds } });
    return done({ ...view, secret });
  });
}
