import type { OutboxSource } from '../ports/event-log.ts';
import { printable } from './bury-records.ts';
import type { OutboxCounts } from './outbox-counts.ts';
import type { Session, Sessions } from './sessions.ts';
import { type CountableEvent, sortRecords, type Window } from './sort-records.ts';
import { isDataFault } from './sql-state.ts';

interface Replay {
  sessions: Sessions;
  window: Window;
  /** What comes before the transaction in which events are counted. */
  prepare(events: readonly CountableEvent[]): Promise<CountableEvent[]>;
  write(session: Session, events: readonly CountableEvent[], outboxes: Omit<OutboxCounts, 'counted'>): Promise<unknown>;
}

interface DeadRow {
  id: string;
  type: string;
  value: Uint8Array;
  shard: number | null;
  incarnation: string | null;
}

/**
 * Takes the event that waits longest for its replay and counts it by the same rules as any other. Its row goes in the same
 * transaction, so it is counted by one replica; else the row says why it stayed, and waits for nothing.
 */
export async function replayOne({ sessions, window, prepare, write }: Replay): Promise<'counted' | 'dead' | undefined> {
  const row = await sessions.transaction((session) => takeRow(session));
  if (!row) return undefined;
  try {
    const source = sourceOf(row);
    const record = { type: row.type, value: Buffer.from(row.value), ...(source ? { source } : {}) };
    const { events: sorted, dead } = sortRecords([record], window);
    if (dead[0]) return await refuse(sessions, row.id, dead[0].reason);
    const events = await prepare(sorted);
    await sessions.transaction(async (session) => {
      // Nothing: another replica was faster.
      const taken = await session.query('delete from event_dead where id = $1 and replay_at is not null returning id', [
        row.id,
      ]);
      if (taken.length > 0) await write(session, events, { unburied: source ? [source] : [] });
    });
    return 'counted';
  } catch (error) {
    if (!isDataFault(error)) throw error;
    return await refuse(sessions, row.id, `Postgres refuses it: ${error instanceof Error ? error.message : ''}`);
  }
}

async function takeRow(session: Session): Promise<DeadRow | undefined> {
  const [row] = await session.query<DeadRow>(
    `select id, type, value, shard, incarnation from event_dead where replay_at is not null
      order by replay_at, id limit 1`,
  );
  return row;
}

async function refuse(sessions: Sessions, id: string, reason: string): Promise<'dead'> {
  await sessions.transaction((session) =>
    session.query('update event_dead set attempts = attempts + 1, reason = $2, replay_at = null where id = $1', [
      id,
      printable(reason),
    ]),
  );
  return 'dead';
}

function sourceOf({ shard, incarnation }: DeadRow): OutboxSource | undefined {
  return shard === null || incarnation === null ? undefined : { shard, incarnation };
}
