import { type SelectQueryBuilder, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Where a part of a list begins, and how long it is. */
export interface Part {
  limit: number;
  offset: number;
}

/** A part of a list of one environment's. */
export interface Page extends Part {
  environmentId: string;
}

type Listed =
  | 'account_key'
  | 'client'
  | 'endpoint'
  | 'invitation'
  | 'key_rotation'
  | 'product'
  | 'project'
  | 'server_key'
  | 'template'
  | 'user_session'
  | 'webhook';

/** What such a query finds in all, and this part of it, newest first. */
export async function readPart<T extends Listed>(
  query: SelectQueryBuilder<Schema, T, object>,
  { limit, offset }: Part,
) {
  const { total } = await query.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy(sql.ref('created_at'), 'desc')
    .orderBy(sql.ref('id'), 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return { total, rows };
}

/** A pattern of `ilike` for texts that hold this one. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
