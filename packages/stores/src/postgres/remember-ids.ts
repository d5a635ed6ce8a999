import { dayOf } from './event-partitions.ts';
import type { Session } from './sessions.ts';
import type { CountableEvent } from './sort-records.ts';

/** Answers the events whose id was not known before, each id once. Ids go in sorted, against waiting in a circle. */
export async function rememberIds(session: Session, events: readonly CountableEvent[]): Promise<CountableEvent[]> {
  const byId = new Map(events.map((event) => [event.event.data.id, event]));
  const ids = [...byId.keys()].sort();
  if (ids.length === 0) return [];
  const days = ids.map((id) => dayOf(byId.get(id)?.idMs ?? 0));
  const rows = await session.query<{ event_id: string }>(
    `insert into event_seen (day, event_id) select * from unnest($1::date[], $2::uuid[])
      on conflict do nothing returning event_id`,
    [days, ids],
  );
  return rows.flatMap(({ event_id }) => byId.get(event_id) ?? []);
}
