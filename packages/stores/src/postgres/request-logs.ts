import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

export type RequestLogRow = Selectable<Schema['request_log']>;

export interface LogFilter {
  clientId?: string | undefined;
  keyId?: string | undefined;
  endpoint?: string | undefined;
  isSuccess?: boolean | undefined;
  verdict?: string | undefined;
  ip?: string | undefined;
  from?: Date | undefined;
  /** Not included. */
  to?: Date | undefined;
}

/** Where a line stands in the order of the log. */
export interface LogPlace {
  decidedAtMs: number;
  eventId: string;
}

interface LogPart {
  environmentId: string;
  filter: LogFilter;
  /** The line that the part before ended with. */
  after: LogPlace | undefined;
  limit: number;
}

/**
 * Lines of an environment, newest first. Those of all, or of one client, come from an index in their order; what else is filtered
 * is looked for along the way, so that a rare one takes as long as there are lines between `from` and `to`.
 */
export async function readLogs(
  db: Database,
  { environmentId, filter, after, limit }: LogPart,
): Promise<RequestLogRow[]> {
  let query = db.selectFrom('request_log').selectAll().where('environment_id', '=', environmentId);
  if (filter.clientId !== undefined) query = query.where('client_id', '=', filter.clientId);
  if (filter.keyId !== undefined) query = query.where('key_id', '=', filter.keyId);
  if (filter.endpoint !== undefined) query = query.where('endpoint', '=', filter.endpoint);
  if (filter.isSuccess !== undefined) query = query.where('verdict', filter.isSuccess ? '=' : '<>', 'ALLOWED');
  if (filter.verdict !== undefined) query = query.where('verdict', '=', filter.verdict);
  if (filter.ip !== undefined) query = query.where('ip', '=', filter.ip);
  if (filter.from !== undefined) query = query.where('decided_at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('decided_at', '<', filter.to);
  if (after !== undefined) {
    const at = new Date(after.decidedAtMs);
    // Said twice: partitions are left out by the first, the second finds the place in an index.
    query = query
      .where('decided_at', '<=', at)
      .where(sql<boolean>`(decided_at, event_id) < (${at}::timestamptz, ${after.eventId}::uuid)`);
  }
  return query.orderBy('decided_at', 'desc').orderBy('event_id', 'desc').limit(limit).execute();
}
