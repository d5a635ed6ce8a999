import type { Insertable, Selectable } from 'kysely';
import type { Database } from './database.ts';
import { type Part, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** The keys of people. */
export type AccountKeyRow = Selectable<Schema['account_key']>;

export async function insertAccountKey(db: Database, row: Insertable<Schema['account_key']>): Promise<void> {
  await db.insertInto('account_key').values(row).execute();
}

/** The account key with this digest, if it lives at `now`. */
export async function findAccountKey(
  db: Database,
  digest: Buffer,
  now: Date,
): Promise<Pick<AccountKeyRow, 'id' | 'user_id' | 'allowed_ips' | 'expires_at'> | undefined> {
  return db
    .selectFrom('account_key')
    .select(['id', 'user_id', 'allowed_ips', 'expires_at'])
    .where('digest', '=', digest)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .executeTakeFirst();
}

export async function listAccountKeys(
  db: Database,
  { userId, ...part }: Part & { userId: string },
): Promise<{ total: number; rows: AccountKeyRow[] }> {
  return readPart(db.selectFrom('account_key').where('user_id', '=', userId), part);
}

/** Deletes a key of this person; undefined: they have no such key. */
export async function deleteAccountKey(db: Database, userId: string, id: string): Promise<AccountKeyRow | undefined> {
  return db
    .deleteFrom('account_key')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

/** These keys were used at that time, or later. */
export async function markAccountKeysUsed(db: Database, ids: readonly string[], at: Date): Promise<void> {
  await db
    .updateTable('account_key')
    .set({ last_used_at: at })
    .where('id', 'in', ids)
    .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<', at)]))
    .execute();
}
