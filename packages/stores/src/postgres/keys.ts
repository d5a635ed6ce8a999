import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { KeyRow } from './clients.ts';
import type { Database } from './database.ts';
import { containing, isOneOf, newest, newestPart, type Part } from './page.ts';
import type { Schema } from './schema.ts';

/** An environment, and the project and organization around it, in which keys may be known as well. */
export interface KeyPlace {
  environmentId: string;
  projectId: string | null;
  organizationId: string;
}

export type Reach = KeyRow['reach'];

export interface KeyFilter {
  status?: 'active' | 'expired' | 'revoked' | 'disabled' | 'unrevoked' | 'all' | undefined;
  /** In lower case. */
  ids?: readonly string[] | undefined;
  clientId?: string | undefined;
  productId?: string | undefined;
  name?: string | undefined;
  prefix?: string | undefined;
  expiresBefore?: Date | undefined;
  createdBefore?: Date | undefined;
  unusedSince?: Date | undefined;
}

interface Finding {
  place: KeyPlace;
  reach: Reach;
  filter: KeyFilter;
  /** What has expired is told by it. */
  now: Date;
}

/** A key that is known in the environment; another's is nobody's. */
export async function findKey(db: Database, place: KeyPlace, id: string): Promise<KeyRow | undefined> {
  const wider = [place.projectId, place.organizationId].filter((each) => each !== null);
  return db
    .selectFrom('api_key')
    .selectAll()
    .where('id', '=', id)
    .where((where) =>
      where.or([
        where.and([where('environment_id', '=', place.environmentId), where('reach_id', 'is', null)]),
        where('reach_id', 'in', wider),
      ]),
    )
    .executeTakeFirst();
}

/** Is there a key that is known so far? */
export async function isReachUsed(db: Database, reachId: string): Promise<boolean> {
  const row = await db.selectFrom('api_key').select('id').where('reach_id', '=', reachId).limit(1).executeTakeFirst();
  return row !== undefined;
}

/** Has the client a key that is known beyond its environment? */
export async function hasWideKey(db: Database, clientId: string): Promise<boolean> {
  const query = db.selectFrom('api_key').select('id').where('client_id', '=', clientId);
  return (await query.where('reach_id', 'is not', null).limit(1).executeTakeFirst()) !== undefined;
}

/** The environments of a project, or of an organization, in order. */
export async function listEnvironmentIdsWithin(
  db: Database,
  { organizationId, reachId }: { organizationId: string; reachId: string },
): Promise<string[]> {
  const rows = await db
    .selectFrom('environment')
    .select('id')
    .where('organization_id', '=', organizationId)
    .$if(reachId !== organizationId, (query) => query.where('project_id', '=', reachId))
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** These keys, in this order. */
export async function listKeyRows(db: Database, ids: readonly string[]): Promise<KeyRow[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('api_key').selectAll().where('id', 'in', ids).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/**
 * What a filter finds of one reach, newest first, and how much there is, counted up to a bound. Of the table only the rows that are
 * answered are read, where an index holds what is filtered by.
 */
export async function findKeys(
  db: Database,
  { limit, offset, countUpTo, ...finding }: Finding & Part & { countUpTo: number },
): Promise<{ counted: number; isAll: boolean; rows: KeyRow[] }> {
  const query = matching(db, finding);
  const place = newestPart(query.select('api_key.id'), { limit, offset });
  const [{ counted }, rows] = await Promise.all([
    db
      .selectFrom(
        inOrderOfIndex(query, finding.filter)
          .select(sql.lit(1).as('one'))
          .limit(countUpTo + 1)
          .as('found'),
      )
      .select(sql<number>`count(*)::int`.as('counted'))
      .executeTakeFirstOrThrow(),
    newest(db.selectFrom('api_key').selectAll().where(isOneOf(place))).execute(),
  ]);
  return { counted: Math.min(counted, countUpTo), isAll: counted <= countUpTo, rows };
}

/**
 * What has no index of its own is counted in the order of the list, whose index says all there is to know: in no order Postgres would
 * rather read the table.
 */
function inOrderOfIndex(query: KeyQuery, { ids, clientId, productId, name, prefix, expiresBefore, status }: KeyFilter) {
  const indexed = [ids, clientId, productId, name, prefix, expiresBefore].some((each) => each !== undefined);
  return indexed || status === 'expired' ? query : newest(query);
}

type KeyQuery = SelectQueryBuilder<Schema, 'api_key', object>;

function matching(db: Database, { place, reach, filter, now }: Finding): KeyQuery {
  const { environmentId, projectId, organizationId } = place;
  const all = db.selectFrom('api_key');
  const ofReach =
    reach === 'environment'
      ? all.where('environment_id', '=', environmentId).where('reach_id', 'is', null)
      : all.where('reach_id', '=', reach === 'project' ? (projectId ?? environmentId) : organizationId);
  return conditions(filter, now).reduce((query, condition) => query.where(condition), ofReach);
}

const endsAt = sql`least(api_key.expires_at, api_key.claimed_expires_at)`;

/** `api_key.expires_at` may be null, as may what the key itself states; least() then is the other. */
function conditions(filter: KeyFilter, now: Date): Expression<SqlBool>[] {
  const { ids, clientId, productId, name, prefix, expiresBefore, createdBefore, unusedSince } = filter;
  const asked = [
    ids && sql<SqlBool>`api_key.id = any(${ids}::uuid[])`,
    clientId && sql<SqlBool>`api_key.client_id = ${clientId}`,
    productId && sql<SqlBool>`api_key.product_id = ${productId}`,
    name && sql<SqlBool>`api_key.name ilike ${containing(name)}`,
    prefix && sql<SqlBool>`api_key.key_prefix like ${containing(prefix).slice(1)}`,
    expiresBefore && sql<SqlBool>`${endsAt} < ${expiresBefore}`,
    createdBefore && sql<SqlBool>`api_key.created_at < ${createdBefore}`,
    unusedSince && unused(unusedSince),
    ofStatus(filter.status, now),
  ];
  return asked.filter((condition) => condition !== undefined && condition !== '');
}

function unused(since: Date) {
  return sql<SqlBool>`api_key.created_at < ${since} and not exists (
    select from key_total where key_total.key_id = api_key.id and key_total.last_use_at >= ${since})`;
}

function ofStatus(status: KeyFilter['status'], now: Date) {
  switch (status) {
    case 'active':
    case 'disabled':
      return sql<SqlBool>`api_key.status = ${status} and (${endsAt} > ${now} or ${endsAt} is null)`;
    case 'expired':
      return sql<SqlBool>`api_key.status <> 'revoked' and ${endsAt} <= ${now}`;
    case 'revoked':
      return sql<SqlBool>`api_key.status = 'revoked'`;
    case 'unrevoked':
      return sql<SqlBool>`api_key.status <> 'revoked'`;
    default:
      return undefined;
  }
}

/** The keys that were made to take this one's place, newest first: all but the first are revoked, and so may the first be. */
export async function listSuccessors(db: Database, keyId: string): Promise<KeyRow[]> {
  return db
    .selectFrom('api_key')
    .selectAll()
    .where('predecessor_id', '=', keyId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Revokes those of these keys that are not yet, and answers them. */
export async function revokeKeyRows(db: Database, ids: readonly string[], now: Date): Promise<KeyRow[]> {
  if (ids.length === 0) return [];
  return db
    .updateTable('api_key')
    .set({ status: 'revoked', updated_at: now })
    .where('id', 'in', ids)
    .where('status', '!=', 'revoked')
    .returningAll()
    .execute();
}

/** One transaction at a time looks for a key of this name here, and makes it. */
export async function lockKeyName(db: Database, within: string, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`key ${within} ${name}`}, 0))`.execute(db);
}

/** The oldest active key of this name, of a client or, without one, of those that have a client of their own. */
export async function findActiveKeyByName(
  db: Database,
  { name, clientId, now, ...finding }: Omit<Finding, 'filter'> & { name: string; clientId: string | undefined },
): Promise<KeyRow | undefined> {
  const filter = { status: 'active', ...(clientId === undefined ? {} : { clientId }) } as const;
  const own = clientId === undefined;
  return matching(db, { ...finding, now, filter })
    .selectAll('api_key')
    .where('api_key.name', '=', name)
    .$if(own, (query) =>
      query.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('client')
            .select('client.id')
            .whereRef('client.id', '=', 'api_key.client_id')
            .where('client.is_hidden', '=', true),
        ),
      ),
    )
    .orderBy('api_key.created_at')
    .orderBy('api_key.id')
    .executeTakeFirst();
}

export async function countKeysOf(db: Database, clientId: string): Promise<number> {
  const { count } = await db
    .selectFrom('api_key')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('client_id', '=', clientId)
    .executeTakeFirstOrThrow();
  return count;
}
