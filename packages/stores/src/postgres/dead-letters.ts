import { type Expression, type SqlBool, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Part } from './page.ts';

/** Whose: an environment's, or those of no environment that is there. */
export type DeadLetterScope = { environmentId: string } | 'no environment';

export interface DeadLetterRow {
  id: string;
  created_at: Date;
  type: string;
  reason: string;
  attempts: number;
  event_id: string | null;
  replay_at: Date | null;
  sizeBytes: number;
  /** The first `shownBytes` of it. */
  beginning: Uint8Array;
}

/** How much of an event is read to be shown. */
export const shownBytes = 65_536;

/** Newest first. */
export async function listDeadLetters(
  db: Database,
  { scope, limit, offset }: Part & { scope: DeadLetterScope },
): Promise<{ total: number; rows: DeadLetterRow[] }> {
  const query = db.selectFrom('event_dead').where(isOf(scope));
  const { total } = await query.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .select(shown)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return { total, rows };
}

/** Notes that somebody wants it counted after all; undefined: there is no such one. */
export async function requestReplay(
  db: Database,
  { scope, id, now }: { scope: DeadLetterScope; id: string; now: Date },
): Promise<DeadLetterRow | undefined> {
  return db
    .updateTable('event_dead')
    .set({ replay_at: sql`coalesce(replay_at, ${now}::timestamptz)` })
    .where(isOf(scope))
    .where('id', '=', id)
    .returning(shown)
    .executeTakeFirst();
}

/** Answers how many wait to be tried again now. */
export async function requestReplays(
  db: Database,
  { scope, now }: { scope: DeadLetterScope; now: Date },
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('event_dead')
    .set({ replay_at: sql`coalesce(replay_at, ${now}::timestamptz)` })
    .where(isOf(scope))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

export async function countDeadLetters(db: Database): Promise<number> {
  const query = db.selectFrom('event_dead').select(sql<number>`count(*)::int`.as('total'));
  return (await query.executeTakeFirstOrThrow()).total;
}

const shown = [
  'id',
  'created_at',
  'type',
  'reason',
  'attempts',
  'event_id',
  'replay_at',
  sql<number>`octet_length(value)`.as('sizeBytes'),
  sql<Uint8Array>`substring(value from 1 for ${sql.lit(shownBytes)})`.as('beginning'),
] as const;

/** An environment that an event names may be none of ours, or gone. */
function isOf(scope: DeadLetterScope): Expression<SqlBool> {
  if (scope === 'no environment')
    return sql<SqlBool>`not exists (select from environment where environment.id = event_dead.environment_id and deleted_at is null)`;
  return sql<SqlBool>`environment_id = ${scope.environmentId}`;
}
