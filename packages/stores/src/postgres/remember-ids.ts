import type { OutboxSource } from '../ports/event-log.ts';
import { arrayText } from './array-text.ts';
import type { Session } from './sessions.ts';
import type { CountableEvent } from './sort-records.ts';

export interface Remembered {
  /** Events whose id was not known before, each id once, in the order of the log. */
  fresh: CountableEvent[];
  /** Whose entries these records are, each entry once: also of an event that had come past its outbox before. */
  entries: OutboxSource[];
}

/** How an id came to be known; the last: past its outbox first, then from there. */
const standing = { direct: 0, entry: 1, directThenEntry: 2 } as const;

/** Remembers the ids of events. They go in sorted, against waiting in a circle. */
export async function rememberIds(session: Session, events: readonly CountableEvent[]): Promise<Remembered> {
  const byId = new Map<string, CountableEvent>();
  for (const event of events) {
    const { id } = event.event.data;
    if (!byId.get(id)?.source) byId.set(id, event);
  }
  const rows = await insertIds(session, byId);
  const remembered: Remembered = { fresh: [], entries: [] };
  const known = new Map(rows.map((row) => [row.event_id, row.standing]));
  for (const [id, event] of byId) {
    const isKnown = known.has(id);
    if (!isKnown) remembered.fresh.push(event);
    if (event.source && (!isKnown || known.get(id) === standing.directThenEntry)) remembered.entries.push(event.source);
  }
  return remembered;
}

/** Answers those that are not new, which are few, with what their standing has become if it has changed. */
async function insertIds(
  session: Session,
  byId: ReadonlyMap<string, CountableEvent>,
): Promise<{ event_id: string; standing: number | null }[]> {
  const ids = [...byId.keys()].sort();
  if (ids.length === 0) return [];
  return session.query(
    `with asked as (
      select date 'epoch' + day as day, event_id, standing from unnest($1::integer[], $2::uuid[], $3::smallint[])
        as row (day, event_id, standing)
    ), taken as (
      insert into event_seen as seen (day, event_id, standing) select day, event_id, standing from asked
      on conflict (day, event_id) do update set standing = ${standing.directThenEntry}
        where seen.standing = ${standing.direct} and excluded.standing = ${standing.entry}
      returning event_id, standing
    )
    select event_id, taken.standing from asked left join taken using (event_id)
    where taken.standing is distinct from asked.standing`,
    [
      arrayText(ids, (id) => dayNumber(byId.get(id)?.idMs ?? 0)),
      arrayText(ids, (id) => id),
      arrayText(ids, (id) => (byId.get(id)?.source ? standing.entry : standing.direct)),
    ],
  );
}

function dayNumber(atMs: number): number {
  return Math.floor(atMs / 86_400_000);
}
