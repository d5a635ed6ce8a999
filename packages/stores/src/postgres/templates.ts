import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';
import { containing, type Page, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** Rate-limit templates, each of one environment. */
export type TemplateRow = Selectable<Schema['template']>;
export type TemplateRowChange = Updateable<Schema['template']>;

export async function insertTemplates(db: Database, rows: readonly Insertable<Schema['template']>[]): Promise<void> {
  if (rows.length > 0) await db.insertInto('template').values(rows).execute();
}

/** Changes a template of this environment; undefined: it has no such template. */
export async function updateTemplate(
  db: Database,
  { environmentId, id, change }: { environmentId: string; id: string; change: TemplateRowChange },
): Promise<TemplateRow | undefined> {
  if (Object.keys(change).length === 0) return findTemplate(db, environmentId, id);
  return db
    .updateTable('template')
    .set(change)
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export async function findTemplate(db: Database, environmentId: string, id: string): Promise<TemplateRow | undefined> {
  const query = db.selectFrom('template').selectAll().where('environment_id', '=', environmentId);
  return query.where('id', '=', id).executeTakeFirst();
}

/** Is this name taken by another template of the environment? */
export async function findTemplateByName(
  db: Database,
  environmentId: string,
  name: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('template')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.id;
}

export async function templateExists(db: Database, environmentId: string, templateId: string): Promise<boolean> {
  const row = await db
    .selectFrom('template')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('id', '=', templateId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function listTemplates(db: Database, environmentIds: readonly string[]): Promise<TemplateRow[]> {
  if (environmentIds.length === 0) return [];
  return db
    .selectFrom('template')
    .selectAll()
    .where('environment_id', 'in', environmentIds)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export async function listTemplatesOf(
  db: Database,
  { environmentId, name, limit, offset }: Page & { name: string | undefined },
): Promise<{ total: number; rows: TemplateRow[] }> {
  let query = db.selectFrom('template').where('environment_id', '=', environmentId);
  if (name !== undefined) query = query.where('name', 'ilike', containing(name));
  return readPart(query, { limit, offset });
}

/** Locks the template until the transaction ends: one after the other, clients get it and it is deleted. */
export async function lockTemplate(
  transaction: Database,
  environmentId: string,
  id: string,
): Promise<TemplateRow | undefined> {
  const query = transaction.selectFrom('template').selectAll().where('environment_id', '=', environmentId);
  return query.where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

/** How many clients have the template, counted up to `atMost`. */
export async function countClientsOf(
  db: Database,
  templateId: string,
  atMost: number = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select from client where template_id = ${templateId} limit ${atMost}
    ) having_it`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Takes the template from all clients that have it, and gives these their next version; answers their ids. */
export async function takeTemplateAway(transaction: Database, templateId: string, now: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update client set template_id = null, version = greatest(version + 1, ${now.getTime()}::bigint), updated_at = ${now}
    where id in (select id from client where template_id = ${templateId} order by id for update)
    returning id`.execute(transaction);
  return rows.map(({ id }) => id);
}

export async function deleteTemplate(transaction: Database, id: string): Promise<void> {
  await transaction.deleteFrom('template').where('id', '=', id).execute();
}
