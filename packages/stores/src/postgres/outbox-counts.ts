import type { OutboxSource } from '../ports/event-log.ts';
import type { Session } from './sessions.ts';

/**
 * What became of the entries of each outbox, so that its account adds up at any time:
 *
 *     added = waiting + collapsed + buried there + on its way in the log + counted + buried here
 *
 * An entry that the log refused stays in the outbox's own `buried` for ever, although it is moved to event_dead. So `buried`
 * is what ingest buried less what was counted out of event_dead, from whichever grave: it may be below zero, and both
 * numbers together are what lies buried now.
 */
export interface OutboxCounts {
  counted: readonly OutboxSource[];
  buried?: readonly OutboxSource[];
  unburied?: readonly OutboxSource[];
}

export async function addToOutboxes(session: Session, changes: OutboxCounts): Promise<void> {
  const sums = new Map<string, OutboxSource & { counted: number; buried: number }>();
  const at = ({ shard, incarnation }: OutboxSource) => {
    const id = `${shard} ${incarnation}`;
    const sum = sums.get(id) ?? { shard, incarnation, counted: 0, buried: 0 };
    sums.set(id, sum);
    return sum;
  };
  for (const source of changes.counted) at(source).counted += 1;
  for (const source of changes.buried ?? []) at(source).buried += 1;
  for (const source of changes.unburied ?? []) at(source).buried -= 1;
  if (sums.size === 0) return;
  const rows = [...sums.values()].sort((a, b) => a.shard - b.shard || (a.incarnation < b.incarnation ? -1 : 1));
  await session.query(
    `insert into outbox_count as total (shard, incarnation, counted, buried)
      select * from unnest($1::integer[], $2::text[], $3::bigint[], $4::bigint[])
      on conflict (shard, incarnation) do update
        set counted = total.counted + excluded.counted, buried = total.buried + excluded.buried`,
    [
      rows.map((row) => row.shard),
      rows.map((row) => row.incarnation),
      rows.map((row) => row.counted),
      rows.map((row) => row.buried),
    ],
  );
}
