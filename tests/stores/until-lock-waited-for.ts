import type { OpenDatabase } from '@keyward/stores/postgres/database';
import { waitUntil } from '@keyward/tests/backends/wait-until';

const waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/** Until somebody waits for a lock in this database, which is no other test's. */
export async function untilLockIsWaitedFor(sessions: OpenDatabase['sessions']): Promise<void> {
  const isWaiting = async () => {
    const rows = await sessions.transaction((session) => session.query(waiting));
    return rows.length > 0 || undefined;
  };
  await waitUntil(isWaiting, { what: 'the lock to be waited for', timeoutMs: 10_000 });
}
