import {
  type Insertable,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
  type Updateable,
} from 'kysely';
import type { Database } from './database.ts';
import { containing, countAll, isOneOf, newest, newestPart, type Page } from './page.ts';
import type { Schema } from './schema.ts';

/**
 * Clients and their keys. What takes an id from a caller names the environment with it, so that a foreign id is an unknown
 * one; what takes a row's id gets it from such a statement, in the same transaction.
 */
export type ClientRow = Omit<Selectable<Schema['client']>, 'name_folded'>;
export type KeyRow = Selectable<Schema['api_key']>;
export type NewKeyRow = Insertable<Schema['api_key']>;
export type KeyRowChange = Updateable<Schema['api_key']>;

export async function insertClient(db: Database, row: Insertable<Schema['client']>): Promise<void> {
  await db.insertInto('client').values(row).execute();
}

export async function insertClients(db: Database, rows: readonly Insertable<Schema['client']>[]): Promise<void> {
  if (rows.length > 0) await db.insertInto('client').values(rows).execute();
}

export async function insertKeys(db: Database, rows: readonly NewKeyRow[]): Promise<void> {
  if (rows.length > 0) await db.insertInto('api_key').values(rows).execute();
}

/** Inserts those of these keys that nobody has inserted, which it waits to know; answers how many. */
export async function insertUnknownKeys(db: Database, rows: readonly NewKeyRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('api_key')
    .values([...rows].sort((a, b) => Buffer.compare(a.digest, b.digest)))
    .onConflict((conflict) => conflict.columns(['environment_id', 'digest']).doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows);
}

export async function findClient(db: Database, environmentId: string, id: string): Promise<ClientRow | undefined> {
  return db
    .selectFrom('client')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The environment that a client stands in, wherever its keys are known; undefined: there is no such client. */
export async function findHome(db: Database, clientId: string): Promise<string | undefined> {
  const query = db.selectFrom('client').select('environment_id').where('id', '=', clientId);
  return (await query.executeTakeFirst())?.environment_id;
}

/** Which of these are clients, or were and are remembered as deleted? */
export async function findKnownClientIds(
  db: Database,
  environmentId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    select id from client where environment_id = ${environmentId} and id = any(${ids}::uuid[])
    union select client_id from tombstone where environment_id = ${environmentId} and client_id = any(${ids}::uuid[])
    union select deleted_client_id from tenant
      where environment_id = ${environmentId} and deleted_client_id = any(${ids}::uuid[])`.execute(db);
  return new Set(rows.map((row) => row.id));
}

/** The oldest client of this name. */
export async function findClientByName(
  db: Database,
  environmentId: string,
  name: string,
): Promise<ClientRow | undefined> {
  return db
    .selectFrom('client')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .where('name', '=', name)
    .where('is_hidden', '=', false)
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/** Locks the client and gives it its next version: one more than the last, and not before `nowMs`. */
export async function raiseClientVersion(
  db: Database,
  environmentId: string,
  id: string,
  now: Date,
): Promise<ClientRow | undefined> {
  return db
    .updateTable('client')
    .set({ version: sql<number>`greatest(version + 1, ${now.getTime()}::bigint)`, updated_at: now })
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

/** Locks these clients, each in its turn, and gives them their next versions; one that is not of the environment is not in the answer. */
export async function raiseClientVersions(
  db: Database,
  environmentId: string,
  ids: readonly string[],
  now: Date,
): Promise<ClientRow[]> {
  if (ids.length === 0) return [];
  const inOrder = db
    .selectFrom('client')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('id', 'in', [...new Set(ids)])
    .orderBy('id')
    .forUpdate();
  const locked = (await inOrder.execute()).map(({ id }) => id);
  if (locked.length === 0) return [];
  return db
    .updateTable('client')
    .set({ version: sql<number>`greatest(version + 1, ${now.getTime()}::bigint)`, updated_at: now })
    .where('id', 'in', locked)
    .returningAll()
    .execute();
}

export async function updateClient(db: Database, id: string, change: Updateable<Schema['client']>): Promise<void> {
  if (Object.keys(change).length > 0) await db.updateTable('client').set(change).where('id', '=', id).execute();
}

export async function updateKey(db: Database, id: string, change: KeyRowChange): Promise<void> {
  await db.updateTable('api_key').set(change).where('id', '=', id).execute();
}

export async function listKeys(db: Database, clientIds: readonly string[]): Promise<KeyRow[]> {
  return clientIds.length === 0 ? [] : keysOf(db, clientIds).selectAll().execute();
}

const shown = [
  ...(['id', 'client_id', 'name', 'prefix', 'key_prefix', 'scopes', 'status', 'metadata', 'auto_rotate'] as const),
  ...(['allowed_ips', 'rate_limit', 'rate_window', 'not_before', 'expires_at', 'claimed_expires_at'] as const),
  ...(['created_at', 'updated_at'] as const),
];

/** What the API shows of a key. */
export type ShownKeyRow = Pick<KeyRow, (typeof shown)[number]>;

/** The same keys with half of their columns, which is half of the time where there are a thousand. */
export async function listShownKeys(db: Database, clientIds: readonly string[]): Promise<ShownKeyRow[]> {
  return clientIds.length === 0 ? [] : keysOf(db, clientIds).select(shown).execute();
}

function keysOf(db: Database, clientIds: readonly string[]) {
  const ofClients = db.selectFrom('api_key').where(sql<SqlBool>`client_id = any(${clientIds}::uuid[])`);
  return ofClients.orderBy('created_at').orderBy('id');
}

export interface ClientFilter {
  name?: string | undefined;
  type?: string | undefined;
  status?: string | undefined;
  templateId?: string | undefined;
  /** Those that were made for one key alone, too. */
  withHidden?: boolean | undefined;
}

/**
 * Newest first. Where a part is, and how much there is in all, is found in indexes that hold what is filtered by; of the table
 * only the part's own rows are read.
 */
export async function listClients(
  db: Database,
  { environmentId, filter, ...part }: Page & { filter: ClientFilter },
): Promise<{ total: number; rows: ClientRow[] }> {
  let query = db.selectFrom('client').where('environment_id', '=', environmentId);
  if (!filter.withHidden) query = query.where('is_hidden', '=', false);
  if (filter.name !== undefined) query = query.where(sql<SqlBool>`name_folded like lower(${containing(filter.name)})`);
  if (filter.type !== undefined) query = query.where(sql`type`, '=', filter.type);
  if (filter.status !== undefined) query = query.where(sql`status`, '=', filter.status);
  if (filter.templateId !== undefined) query = query.where('template_id', '=', filter.templateId);
  const ofPart = db
    .selectFrom('client')
    .selectAll()
    .where(isOneOf(newestPart(query.select('id'), part)));
  const count = filter.name === undefined ? countAll(query) : countNamed(db, query);
  const [total, rows] = await Promise.all([count, newest(ofPart).execute()]);
  return { total, rows };
}

/** In the order of the index, which holds all that is asked for: in no order Postgres would rather read the table. */
async function countNamed(db: Database, query: SelectQueryBuilder<Schema, 'client', object>): Promise<number> {
  const named = query.select(sql.lit(1).as('one')).orderBy('name_folded').as('named');
  const total = sql<number>`count(*)::int`.as('total');
  return (await db.selectFrom(named).select(total).executeTakeFirstOrThrow()).total;
}

/** Deletes a client with its keys; what is left of each key is a tombstone of the client's last version. */
export async function deleteClient(db: Database, client: ClientRow, now: Date): Promise<void> {
  await buryKeys(db, { client, now, which: sql`client_id = ${client.id}` });
  await db.deleteFrom('client').where('id', '=', client.id).execute();
}

/** Deletes one key of a client, which goes on; what is left of the key is a tombstone. */
export async function deleteKey(
  db: Database,
  { client, key, now }: { client: ClientRow; key: KeyRow; now: Date },
): Promise<void> {
  await buryKeys(db, { client, now, which: sql`id = ${key.id}` });
  await db.deleteFrom('api_key').where('id', '=', key.id).execute();
}

interface Burial {
  client: ClientRow;
  now: Date;
  which: RawBuilder<unknown>;
}

async function buryKeys(db: Database, { client, now, which }: Burial): Promise<void> {
  await sql`
    insert into tombstone
      (environment_id, digest, organization_id, client_id, key_id, family_id, reach_id, version, created_at)
    select environment_id, digest, organization_id, client_id, id, family_id, reach_id, ${client.version}::bigint,
      ${now}::timestamptz
    from api_key where ${which}
    on conflict (environment_id, digest) do nothing`.execute(db);
}

/** Remembers an envelope that created something; false: it was seen before. */
export async function rememberEnvelope(db: Database, row: Insertable<Schema['envelope_seen']>): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('envelope_seen')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}
