import type { Insertable, Selectable } from 'kysely';
import type { Database } from './database.ts';
import { type Part, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** Who is signed in. What ends sessions by time is the caller's to say. */
export type UserSessionRow = Selectable<Schema['user_session']>;

export interface Liveness {
  /** Used since then… */
  usedSince: Date;
  /** … and begun since then. */
  begunSince: Date;
}

export async function insertUserSession(db: Database, row: Insertable<Schema['user_session']>): Promise<void> {
  await db.insertInto('user_session').values(row).execute();
}

/** The live session whose token, or whose last token unless that was replaced before `replacedSince`, has this digest. */
export async function findUserSession(
  db: Database,
  { digest, replacedSince, usedSince, begunSince }: Liveness & { digest: Buffer; replacedSince: Date },
): Promise<(UserSessionRow & { email: string }) | undefined> {
  return db
    .selectFrom('user_session')
    .innerJoin('user', 'user.id', 'user_session.user_id')
    .selectAll('user_session')
    .select('user.email')
    .where((where) =>
      where.or([
        where('user_session.digest', '=', digest),
        where.and([
          where('user_session.previous_digest', '=', digest),
          where('user_session.renewed_at', '>=', replacedSince),
        ]),
      ]),
    )
    .where('user_session.used_at', '>', usedSince)
    .where('user_session.created_at', '>', begunSince)
    .executeTakeFirst();
}

interface Renewal {
  id: string;
  /** Of the token that is replaced; if it is not the present one, nothing is done. */
  from: Buffer;
  to: Buffer;
  at: Date;
}

/** Gives a session another token; answers whether it did. */
export async function renewUserSession(db: Database, { id, from, to, at }: Renewal): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('user_session')
    .set({ digest: to, previous_digest: from, renewed_at: at, used_at: at })
    .where('id', '=', id)
    .where('digest', '=', from)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Makes the tokens of a person's sessions due to be replaced, since what they may do has changed. */
export async function makeRenewalsDue(db: Database, userId: string): Promise<void> {
  await db
    .updateTable('user_session')
    .set({ renewed_at: new Date(0) })
    .where('user_id', '=', userId)
    .execute();
}

/** Newest first. */
export async function listUserSessions(
  db: Database,
  { userId, usedSince, begunSince, ...part }: Liveness & Part & { userId: string },
): Promise<{ total: number; rows: UserSessionRow[] }> {
  const query = db
    .selectFrom('user_session')
    .where('user_id', '=', userId)
    .where('used_at', '>', usedSince)
    .where('created_at', '>', begunSince);
  return readPart(query, part);
}

/** Ends one session of this person; undefined: they have no such session. */
export async function endUserSession(db: Database, userId: string, id: string): Promise<UserSessionRow | undefined> {
  return db
    .deleteFrom('user_session')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

/** Ends a person's sessions, but for the one that is to be kept; answers their ids. */
export async function endUserSessions(
  db: Database,
  { userId, except }: { userId: string; except?: string | undefined },
): Promise<string[]> {
  let query = db.deleteFrom('user_session').where('user_id', '=', userId);
  if (except !== undefined) query = query.where('id', '!=', except);
  return (await query.returning('id').execute()).map(({ id }) => id);
}

export async function markSessionsUsed(db: Database, ids: readonly string[], at: Date): Promise<void> {
  await db.updateTable('user_session').set({ used_at: at }).where('id', 'in', ids).where('used_at', '<', at).execute();
}

/** Forgets sessions that have ended by time. */
export async function forgetEndedSessions(db: Database, { usedSince, begunSince }: Liveness): Promise<void> {
  await db
    .deleteFrom('user_session')
    .where((where) => where.or([where('used_at', '<=', usedSince), where('created_at', '<=', begunSince)]))
    .execute();
}

/** Of everybody; answers how many there were. */
export async function endAllSessions(db: Database): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('user_session').executeTakeFirst();
  return Number(numDeletedRows);
}
