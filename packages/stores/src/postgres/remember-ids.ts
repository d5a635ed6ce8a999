import { arrayText } from './array-text.ts';
import type { Session } from './sessions.ts';
import type { CountableEvent } from './sort-records.ts';

/**
 * Answers the events whose id was not known before, each id once, in the order of the log. Ids go in sorted, against waiting
 * in a circle.
 */
export async function rememberIds(session: Session, events: readonly CountableEvent[]): Promise<CountableEvent[]> {
  const byId = new Map(events.map((event) => [event.event.data.id, event]));
  const ids = [...byId.keys()].sort();
  if (ids.length === 0) return [];
  const rows = await session.query<{ event_id: string }>(
    `insert into event_seen (day, event_id)
      select date 'epoch' + day, event_id from unnest($1::integer[], $2::uuid[]) as row (day, event_id)
      on conflict do nothing returning event_id`,
    [arrayText(ids, (id) => dayNumber(byId.get(id)?.idMs ?? 0)), arrayText(ids, (id) => id)],
  );
  const fresh = new Set(rows.map(({ event_id }) => event_id));
  return [...byId.values()].filter(({ event }) => fresh.has(event.data.id));
}

function dayNumber(atMs: number): number {
  return Math.floor(atMs / 86_400_000);
}
