import { pause } from '@keyward/kit/pause';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

const pollMs = 100;

/** Resolves once every transaction has ended that had written something when this was called. */
export async function othersHaveEnded(db: Database, signal: AbortSignal): Promise<void> {
  const now = await sql<{ mark: string }>`select pg_snapshot_xmax(pg_current_snapshot())::text as mark`.execute(db);
  const mark = now.rows[0]?.mark ?? '0';
  while (!signal.aborted) {
    const { rows } = await sql<{ ended: boolean }>`
      select pg_snapshot_xmin(pg_current_snapshot()) >= ${mark}::xid8 as ended`.execute(db);
    if (rows[0]?.ended) return;
    await pause(pollMs, signal);
  }
}
