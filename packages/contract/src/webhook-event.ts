import Type, { type Static, type TObject, type TProperties } from 'typebox';
import { Id, Nullable, Timestamp } from './fields.ts';
import { strict } from './routes/route.ts';

const ofClient = { clientId: Id };
const ofKey = { clientId: Id, keyId: Id };
const changed = { changed: Type.Array(Type.String(), { description: 'The names of the fields that changed.' }) };
const ending = { expiresAt: Timestamp };
const hour = { hour: { ...Timestamp, description: 'When the hour (UTC) began in which it happened.' } };

/**
 * What webhooks tell, and which ids and facts each event carries beside `environmentId`. Never a key, a name or an address: who wants
 * to know more asks for it, with a credential.
 */
export const webhookEvents = {
  'client.created': event(
    'A client was created, made itself known by a locally signed key, or came from an environment that was deleted.',
    ofClient,
  ),
  'client.changed': event('A client was changed.', { ...ofClient, ...changed }),
  'client.disabled': event('A client was disabled; its keys are refused.', ofClient),
  'client.enabled': event('A client that was disabled is active again.', ofClient),
  'client.deleted': event('A client was deleted with its keys.', ofClient),
  'key.created': event('A key was created, imported, or made itself known, or came with its client.', {
    ...ofKey,
    expiresAt: Nullable(Timestamp),
  }),
  'key.changed': event('A key was changed.', { ...ofKey, ...changed }),
  'key.disabled': event('A key was disabled.', ofKey),
  'key.enabled': event('A key that was disabled is active again.', ofKey),
  'key.revoked': event('A key was revoked.', ofKey),
  'key.deleted': event('A key was deleted; it is refused, and listed no more.', ofKey),
  'key.rotation_due': event('A key that rotates by itself has a successor that can be claimed.', {
    ...ofKey,
    ...ending,
    rotationId: Id,
  }),
  'key.rotated': event('A key got a successor.', {
    ...ofKey,
    successorId: Id,
    overlapEndsAt: Nullable({
      ...Timestamp,
      description: 'Both keys work until then; null: there is no overlap, the old key is refused already.',
    }),
  }),
  'key.expiring': event('A key expires in so many days; one that is made to live shorter is not told of.', {
    ...ofKey,
    ...ending,
    noticeDays: Type.Integer({ minimum: 1, description: '7 or 1, unless EXPIRY_NOTICE_DAYS says otherwise.' }),
  }),
  'key.expired': event('A key has expired.', { ...ofKey, ...ending }),
  'key.first_used': event('A key was used for the first time with success.', ofKey),
  'limit.reached': event('A limit refused requests of a key; once for each key and hour.', { ...ofKey, ...hour }),
  'usage.abnormal': event('Requests of a key were refused as abnormal; once for each key and hour.', {
    ...ofKey,
    ...hour,
  }),
  'webhook.test': event('Somebody asked for it, to try the webhook.', { webhookId: Id }),
} as const;

export type WebhookEventType = keyof typeof webhookEvents;
export const webhookEventTypes = Object.keys(webhookEvents) as WebhookEventType[]; // the keys of a constant: no others exist

type DataOf<T extends WebhookEventType> = Omit<Static<(typeof webhookEvents)[T]['data']>, 'environmentId'>;

/** An event as whoever causes it states it. */
export type WebhookEvent = {
  [T in WebhookEventType]: { type: T; environmentId: string; data: DataOf<T> };
}[WebhookEventType];

/** The body of a delivery: `type`, `timestamp` and `data`, as Standard Webhooks recommends. */
export function webhookPayload(type: WebhookEventType): TObject {
  return Type.Object({ type: Type.Literal(type), timestamp: Timestamp, data: webhookEvents[type].data }, strict);
}

function event<T extends TProperties>(summary: string, facts: T) {
  return { summary, data: Type.Object({ environmentId: Id, ...facts }, strict) };
}
