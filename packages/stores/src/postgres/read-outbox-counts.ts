import type { Selectable } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** What was counted or buried of each outbox that there ever was, by its shard and incarnation. */
export async function readOutboxCounts(db: Database): Promise<Selectable<Schema['outbox_count']>[]> {
  return db.selectFrom('outbox_count').selectAll().execute();
}
