import type { Logger } from '@keyward/kit/logger';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { pgSessions } from './pg-sessions.ts';
import { pgTarget } from './pg-target.ts';
import type { Schema } from './schema.ts';
import type { Sessions } from './sessions.ts';

export type Database = Kysely<Schema>;

/** One database in two ways: Kysely for what the compiler should check, sessions for whole batches. */
export interface OpenDatabase extends AsyncDisposable {
  db: Database;
  sessions: Sessions;
}

interface DatabaseOptions {
  poolSize?: number;
  /** After how long nobody waits for a statement any more; 0: for ever. An embedded database is always waited for. */
  queryTimeoutMs?: number;
  /** Told of TLS files that cannot be used once they were replaced. */
  logger?: Logger;
}

/** The number of Postgres' type int8. */
export const int8 = 20;
const int8Array: number = 1016;

/**
 * Opens Postgres by the URL's scheme: `postgres://…` through pg's pool (pg-target.ts), `pglite:<directory>` or
 * `pglite:memory:<name>` in this process. int8 is read as a number: versions and counts stay below 2^53.
 */
export async function openDatabase(
  url: string,
  { poolSize = 10, queryTimeoutMs = 30_000, logger }: DatabaseOptions = {},
): Promise<OpenDatabase> {
  if (url.startsWith('pglite:')) return (await import('./embedded-database.ts')).openEmbeddedDatabase(url);
  const pool = new pg.Pool({
    ...pgTarget(url, logger),
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) => {
        const parse = pg.types.getTypeParser(oid, format);
        if (format === 'binary') return parse;
        if (oid === int8Array) return (text: string) => (parse(text) as string[]).map(Number); // as pg reads it by itself
        return oid === int8 ? Number : parse;
      },
    },
  });
  // A connection that breaks tells the query that it is busy with; one that is idle is replaced at the next.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await db.destroy(); // which leaves the pool as it is where only sessions were used
    if (!pool.ending) await pool.end();
  };
  return { db, sessions: pgSessions(pool), [Symbol.asyncDispose]: close };
}
