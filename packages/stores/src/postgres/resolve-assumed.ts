import { type ValidationEvent, validationEventType } from '@keyward/contract/validation-event';
import type { Sessions } from './sessions.ts';
import type { CountableEvent } from './sort-records.ts';

/**
 * Events that were decided by a signature alone, under the ids by which their key and client are known: those of the key, of
 * what is left of a deleted one, of the client in the URL, or of the one that has, or last had, the name that the key states. Who
 * is not known by any other id stays; but nobody had asked whose client is in the URL, and what is counted for one of another
 * environment would be taken off its limits. Then the key stands for its client.
 */
export async function resolveAssumed(sessions: Sessions, events: readonly CountableEvent[]): Promise<CountableEvent[]> {
  const assumed = events.flatMap(({ event }) =>
    event.type === validationEventType && event.data.assumed ? event.data : [],
  );
  if (assumed.length === 0) return [...events];
  const rows = await sessions.transaction((session) =>
    session.query<{ event_id: string; client_id: string | null; key_id: string | null }>(
      `with assumed as (
      select event_id, environment_id, decode(digest, 'hex') as digest,
        sha256(convert_to(environment_id::text || ':' || tenant, 'UTF8')) as tenant, stated_client_id, stated_key_id,
        substr(stated_client_id::text, 15, 1) = '8' as is_derived
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[])
        as row (event_id, environment_id, digest, tenant, stated_client_id, stated_key_id)
    )
    select event_id, coalesce(api_key.client_id, tombstone.client_id, (
        select client.id from client
        where client.id = stated_client_id and client.environment_id = assumed.environment_id and not is_derived
      ), (
        select case when count(*) = 1 then min(client.id::text)::uuid end from client
        where client.environment_id = assumed.environment_id and client.tenant = assumed.tenant
      ), (
        select deleted_client_id from tenant
        where tenant.environment_id = assumed.environment_id and tenant.digest = assumed.tenant and not exists (
          select from client where client.environment_id = assumed.environment_id and client.tenant = assumed.tenant
        )
      ), (
        select stated_key_id from client
        where client.id = stated_client_id and client.environment_id <> assumed.environment_id
      )) as client_id, coalesce(api_key.id, tombstone.key_id) as key_id
    from assumed
    left join api_key on api_key.environment_id = assumed.environment_id and api_key.digest = assumed.digest
    left join tombstone on tombstone.environment_id = assumed.environment_id and tombstone.digest = assumed.digest`,
      [
        assumed.map(({ id }) => id),
        assumed.map(({ environmentId }) => environmentId),
        assumed.map(({ signedKey }) => signedKey && Buffer.from(signedKey.digest, 'base64url').toString('hex')),
        assumed.map(({ signedKey }) => signedKey?.tenant),
        assumed.map(({ clientId }) => clientId),
        assumed.map(({ keyId }) => keyId),
      ],
    ),
  );
  const known = new Map(rows.map((row) => [row.event_id, row]));
  return events.map((countable) => {
    const { event } = countable;
    const row = known.get(event.data.id);
    if (!row || event.type !== validationEventType) return countable;
    const data: ValidationEvent = {
      ...event.data,
      clientId: row.client_id ?? event.data.clientId,
      keyId: row.key_id ?? event.data.keyId,
    };
    return { ...countable, event: { type: event.type, data } };
  });
}
