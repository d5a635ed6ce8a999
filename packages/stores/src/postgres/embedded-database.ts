import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { takeProcessLock } from '@keyward/kit/process-lock';
import { Kysely, PGliteDialect } from 'kysely';
import { SharedInstances } from '../shared-instances.ts';
import { int8, type OpenDatabase } from './database.ts';
import { pgliteSessions } from './pglite-sessions.ts';
import type { Schema } from './schema.ts';

/** Postgres in this process, on `pglite:<directory>` or `pglite:memory:<name>`; whoever opens the same URL shares it. */
export async function openEmbeddedDatabase(url: string): Promise<OpenDatabase> {
  const shared = await embedded.acquire(url);
  return { ...shared.instance, [Symbol.asyncDispose]: () => shared[Symbol.asyncDispose]() };
}

interface Embedded extends Omit<OpenDatabase, typeof Symbol.asyncDispose> {
  lock: Disposable | undefined;
}

const embedded = new SharedInstances<Embedded>({
  open: async (url) => {
    const place = url.slice('pglite:'.length);
    const isMemory = place.startsWith('memory:');
    const lock = isMemory ? undefined : lockDirectory(place);
    try {
      const options = { parsers: { [int8]: Number }, extensions: { pg_trgm } };
      const pglite = await PGlite.create(isMemory ? options : { dataDir: place, ...options });
      const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
      return { db, sessions: pgliteSessions(pglite), lock };
    } catch (error) {
      lock?.[Symbol.dispose]();
      throw error;
    }
  },
  close: async ({ db, lock }) => {
    await db.destroy();
    lock?.[Symbol.dispose]();
  },
});

/** An embedded Postgres is of one process: a second one on its files destroys them, and nothing in it keeps that from happening. */
function lockDirectory(directory: string): Disposable {
  mkdirSync(dirname(directory), { recursive: true });
  const lock = takeProcessLock(`${directory}.lock`);
  if (!lock) throw new Error(`another process uses the database in ${directory}; stop that first`);
  return lock;
}
