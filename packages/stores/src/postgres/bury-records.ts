import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import { validationEventType } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import type { LogBatch, OutboxSource } from '../ports/event-log.ts';
import type { Session } from './sessions.ts';
import type { DeadRecord } from './sort-records.ts';

/**
 * Keeps what cannot be counted; answers the outboxes that it came from, one for each record that was not kept before. A
 * relay that dies may append an event twice, which is one entry of its outbox and so one row.
 */
export async function buryRecords(
  session: Session,
  { logId, partition }: Pick<LogBatch, 'logId' | 'partition'>,
  dead: readonly DeadRecord[],
): Promise<OutboxSource[]> {
  if (dead.length === 0) return [];
  const first = new Map(dead.toReversed().map((each) => [each.event?.data.id ?? each.record.offset, each]));
  const buried = dead.filter((each) => first.get(each.event?.data.id ?? each.record.offset) === each);
  const rows = await session.query<{ log_offset: number }>(
    `insert into event_dead (id, log_id, partition, log_offset, reason, value, type, shard, incarnation, event_id, environment_id)
      select id, $1, $2, log_offset, reason, decode(value, 'hex'), type, shard, incarnation, event_id, environment_id
      from unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::text[], $10::uuid[], $11::uuid[])
        as row (id, log_offset, reason, value, type, shard, incarnation, event_id, environment_id)
      where not exists (select from event_dead known where known.event_id = row.event_id)
      on conflict do nothing returning log_offset`,
    [
      logId,
      partition,
      buried.map(() => newId()),
      buried.map(({ record }) => record.offset),
      buried.map(({ reason }) => printable(reason)),
      buried.map(({ record }) => record.value.toString('hex')),
      buried.map(({ record }) => printable(record.type)),
      buried.map(({ record }) => record.source?.shard ?? null),
      buried.map(({ record }) => record.source?.incarnation ?? null),
      buried.map(({ event }) => event?.data.id ?? null),
      buried.map(({ event }) => (event ? environmentOf(event) : null)),
    ],
  );
  const kept = new Set(rows.map((row) => row.log_offset));
  return buried.flatMap(({ record }) => (record.source && kept.has(record.offset) ? record.source : []));
}

/** A summary may be of several environments; it is shown to those who see all. */
function environmentOf({ type, data }: PipelineEvent): string | null {
  if (type === validationEventType) return data.environmentId;
  const ids = new Set(data.counts.map((count) => count.environmentId));
  return ids.size === 1 ? ([...ids][0] ?? null) : null;
}

/** A reason may quote the data: what Postgres refuses is replaced, the rest is cut. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '�').slice(0, 500).toWellFormed();
}
