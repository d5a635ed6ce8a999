import { type Insertable, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

export async function findEndpoint(
  db: Database,
  environmentId: string,
  method: string,
  path: string,
): Promise<{ id: string } | undefined> {
  return db
    .selectFrom('endpoint')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('method', '=', method)
    .where('path', '=', path)
    .executeTakeFirst();
}

/** Adds an endpoint unless it is there or the environment holds `max` of them; answers its id if it was added. */
export async function insertEndpoint(
  db: Database,
  row: Insertable<Schema['endpoint']>,
  max: number,
): Promise<string | undefined> {
  const { count } = await db
    .selectFrom('endpoint')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('environment_id', '=', row.environment_id)
    .executeTakeFirstOrThrow();
  if (count >= max) return undefined;
  const inserted = await db
    .insertInto('endpoint')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted?.id;
}
