import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Does the database answer? */
export async function pingDatabase(db: Database): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
}

/**
 * Connection errors, and those by which Postgres says that it stops, starts or is full (SQLSTATE classes 08, 53, 57P), or that it is
 * a replica (25006), as whom we find may be for a moment of a failover.
 */
const away = /^(08|53|57P|25006|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_)/;

/** Does this error say that the database could not be asked, rather than that it was asked something wrong? */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return away.test(code);
  return /^(timeout exceeded when trying to connect|timeout expired$|Connection terminated|Query read timeout)/.test(
    error.message,
  );
}
