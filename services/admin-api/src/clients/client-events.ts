import type { Client, Key } from '@keyward/contract/routes/client';
import type { ManagedKey } from '@keyward/contract/routes/key';
import type { WebhookEvent } from '@keyward/contract/webhook-event';
import type { ClientRow, NewKeyRow } from '@keyward/stores/postgres/clients';

const clientFields = ['name', 'type', 'templateId', 'ipWhitelist', 'metadata'] as const satisfies (keyof Client)[];
const keyFields = [
  'name',
  'scopes',
  'expiresAt',
  'notBefore',
  'autoRotate',
  'allowedIps',
  'rateLimit',
  'metadata',
  'productId',
] as const satisfies (keyof ManagedKey)[];
/** Where a client shows its keys, it does not show their products. */
type ShownKey = Key & Partial<Pick<ManagedKey, 'productId'>>;

/** What webhooks are told of a client that was created (without `before`), or changed, and of its keys. */
export function clientEvents(before: Client | undefined, after: Client): WebhookEvent[] {
  const of = { environmentId: after.envId, data: { clientId: after.id } };
  const keys = after.keys.flatMap((key) =>
    keyEvents(
      after,
      before?.keys.find(({ id }) => id === key.id),
      key,
    ),
  );
  if (!before) return [{ type: 'client.created', ...of }, ...keys];
  const events: WebhookEvent[] = [];
  const changed = differing(clientFields, before, after);
  if (changed.length > 0) events.push({ type: 'client.changed', ...of, data: { ...of.data, changed } });
  if (before.status !== after.status)
    events.push({ type: after.status === 'active' ? 'client.enabled' : 'client.disabled', ...of });
  return [...events, ...keys];
}

/** What webhooks are told of one key; without `before` it is new. */
export function keyEvents(
  { envId: environmentId, id: clientId }: Pick<Client, 'envId' | 'id'>,
  before: ShownKey | undefined,
  after: ShownKey,
): WebhookEvent[] {
  const of = { environmentId, data: { clientId, keyId: after.id } };
  if (!before) return [{ type: 'key.created', ...of, data: { ...of.data, expiresAt: after.expiresAt } }];
  const events: WebhookEvent[] = [];
  const changed = differing(keyFields, before, after);
  if (changed.length > 0) events.push({ type: 'key.changed', ...of, data: { ...of.data, changed } });
  if (before.status !== 'revoked' && after.status === 'revoked') events.push({ type: 'key.revoked', ...of });
  else if (before.enabled !== after.enabled)
    events.push({ type: after.enabled ? 'key.enabled' : 'key.disabled', ...of });
  return events;
}

/** The same of rows that were written, for what is not shown to whoever has them written. */
export function clientCreated({ id: clientId, environment_id: environmentId }: CreatedClient): WebhookEvent {
  return { type: 'client.created', environmentId, data: { clientId } };
}

/** A key may be created as one that is refused already. */
export function keyCreated({ id: keyId, client_id: clientId, ...row }: CreatedKey): WebhookEvent[] {
  const expiresAt = row.expires_at ? new Date(row.expires_at).toISOString() : null;
  const of = { environmentId: row.environment_id, data: { clientId, keyId } };
  const events: WebhookEvent[] = [{ type: 'key.created', ...of, data: { ...of.data, expiresAt } }];
  if (row.status !== 'active') events.push({ type: row.status === 'revoked' ? 'key.revoked' : 'key.disabled', ...of });
  return events;
}

type CreatedClient = Pick<ClientRow, 'id' | 'environment_id'>;
type CreatedKey = Pick<NewKeyRow, 'id' | 'client_id' | 'environment_id' | 'expires_at' | 'status'>;

function differing<T extends object>(fields: readonly (keyof T & string)[], before: T, after: T): string[] {
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}
