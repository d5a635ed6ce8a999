import type { Database } from './database.ts';

/** Notes that the logs have to forget a client, and forgets what was seen of its keys, which states its name. */
export async function requestErasure(
  db: Database,
  { environmentId, clientId, now }: { environmentId: string; clientId: string; now: Date },
): Promise<void> {
  await db
    .deleteFrom('key_sighting')
    .where('client_id', '=', clientId)
    .where('environment_id', '=', environmentId)
    .execute();
  await db
    .insertInto('erasure')
    .values({ client_id: clientId, environment_id: environmentId, requested_at: now })
    .onConflict((conflict) => conflict.column('client_id').doNothing())
    .execute();
}
