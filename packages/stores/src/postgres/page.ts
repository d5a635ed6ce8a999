import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
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
export async function readPart<T extends Listed>(query: SelectQueryBuilder<Schema, T, object>, part: Part) {
  const [total, rows] = await Promise.all([countAll(query), newestPart(query.selectAll(), part).execute()]);
  return { total, rows };
}

export async function countAll<T extends keyof Schema>(query: SelectQueryBuilder<Schema, T, object>): Promise<number> {
  return (await query.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow()).total;
}

export function newestPart<T extends keyof Schema, O>(
  query: SelectQueryBuilder<Schema, T, O>,
  { limit, offset }: Part,
): SelectQueryBuilder<Schema, T, O> {
  return newest(query).limit(limit).offset(offset);
}

/** Newest first. */
export function newest<T extends keyof Schema, O>(
  query: SelectQueryBuilder<Schema, T, O>,
): SelectQueryBuilder<Schema, T, O> {
  return query.orderBy(sql.ref('created_at'), 'desc').orderBy(sql.ref('id'), 'desc');
}

/** Is the row one of those few? Its index is asked for each of them, however small the table is. */
export function isOneOf(ids: Expression<{ id: string }>) {
  return sql<SqlBool>`id = any(array(${ids}))`;
}

/** A pattern of `ilike` for texts that hold this one. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
