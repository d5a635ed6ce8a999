import type { Insertable } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** What an environment's keys are signed with. */
export async function insertSigningSecret(db: Database, row: Insertable<Schema['signing_secret']>): Promise<void> {
  await db.insertInto('signing_secret').values(row).execute();
}

/** The environment's signing secrets, sealed; the first is the one to sign with. */
export async function listSigningSecrets(
  db: Database,
  environmentId: string,
): Promise<{ id: string; sealed: Buffer }[]> {
  const rows = await db
    .selectFrom('signing_secret')
    .select(['id', 'sealed'])
    .where('environment_id', '=', environmentId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ id, sealed }) => ({ id, sealed: Buffer.from(sealed) }));
}
