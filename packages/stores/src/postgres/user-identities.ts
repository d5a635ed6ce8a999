import type { UserRow } from './accounts.ts';
import type { Database } from './database.ts';

/** By what issuers know people. */
export interface Identity {
  issuer: string;
  subject: string;
}

export async function findUserByIdentity(db: Database, { issuer, subject }: Identity): Promise<UserRow | undefined> {
  return db
    .selectFrom('user_identity')
    .innerJoin('user', 'user.id', 'user_identity.user_id')
    .selectAll('user')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
}

/** Remembers it, unless it is known. */
export async function insertIdentity(
  db: Database,
  { userId, at, ...identity }: Identity & { userId: string; at: Date },
): Promise<void> {
  await db
    .insertInto('user_identity')
    .values({ ...identity, user_id: userId, created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
