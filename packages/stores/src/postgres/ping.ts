import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Does the database answer? */
export async function pingDatabase(db: Database): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
}
