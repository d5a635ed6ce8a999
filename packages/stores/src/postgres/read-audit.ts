import type { Selectable, SelectQueryBuilder } from 'kysely';
import { type AuditSpan, auditSpan } from './audit-span.ts';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';
import type { AuditEventTable } from './schema-management.ts';

export type AuditRow = Selectable<AuditEventTable>;

export interface AuditFilter {
  actorId?: string | undefined;
  action?: string | undefined;
  subjectId?: string | undefined;
  environmentId?: string | undefined;
  outcome?: AuditRow['outcome'] | undefined;
  from?: Date | undefined;
  /** Not included. */
  to?: Date | undefined;
}

interface AuditPart {
  organizationId: string;
  filter: AuditFilter;
  /** The record that the part before ended with. */
  before: number | undefined;
  limit: number;
}

/** Records of an organization, newest first. */
export async function listAudit(
  db: Database,
  { organizationId, filter, before, limit }: AuditPart,
): Promise<AuditRow[]> {
  const span = await spanOf(db, organizationId, filter);
  return filtered(db.selectFrom('audit_event').selectAll(), { organizationId, filter })
    .where('seq', '>', span.after)
    .where('seq', '<', Math.min(span.before, before ?? span.before))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
}

interface AuditWalk {
  organizationId: string;
  filter?: AuditFilter;
  /** Begins behind this one. */
  after?: number;
  /** The last one of interest. */
  until: number;
}

/** A record with the hash of the one before it, which its own covers; null: that one is missing. */
export type ChainedAuditRow = AuditRow & { previous_hash: Buffer | null };

const rowsAtOnce = 500;

/** All that fit, oldest first, some at a time: whoever reads them slowly keeps neither a transaction nor memory. */
export async function* walkAudit(db: Database, walk: AuditWalk): AsyncGenerator<ChainedAuditRow[], void> {
  const { organizationId, filter = {} } = walk;
  const span = await spanOf(db, organizationId, filter);
  const until = Math.min(walk.until, span.before - 1);
  for (let last = Math.max(walk.after ?? 0, span.after); last < until; ) {
    const rows = await filtered(db.selectFrom('audit_event').selectAll(), { organizationId, filter })
      .select(({ selectFrom }) =>
        selectFrom('audit_event as previous')
          .select('previous.hash')
          .where('previous.organization_id', '=', organizationId)
          .where('previous.seq', '=', ({ eb, ref }) => eb(ref('audit_event.seq'), '-', 1))
          .as('previous_hash'),
      )
      .where('seq', '>', last)
      .where('seq', '<=', until)
      .orderBy('seq')
      .limit(rowsAtOnce)
      .execute();
    if (rows.length > 0) yield rows;
    last = rows.length < rowsAtOnce ? until : (rows.at(-1)?.seq ?? until);
  }
}

async function spanOf(db: Database, organizationId: string, { from, to }: AuditFilter): Promise<AuditSpan> {
  const isOfTime = from !== undefined || to !== undefined;
  return isOfTime ? auditSpan(db, organizationId, { from, to }) : { after: 0, before: Number.MAX_SAFE_INTEGER };
}

/** Where an organization's chain ends; undefined: it has none. */
export async function findAuditHead(
  db: Database,
  organizationId: string,
): Promise<{ seq: number; hash: Buffer } | undefined> {
  const head = db.selectFrom('audit_head').select(['seq', 'hash']);
  return head.where('organization_id', '=', organizationId).executeTakeFirst();
}

/** Of all that have a chain, or what is left of one; and all that there are, since a whole chain may be missing. */
export async function listAuditedOrganizationIds(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom('audit_head')
    .select('organization_id')
    .union(db.selectFrom('audit_event').select('organization_id'))
    .union(db.selectFrom('organization').select('id as organization_id'))
    .orderBy('organization_id')
    .execute();
  return rows.map((row) => row.organization_id);
}

function filtered<O>(
  query: SelectQueryBuilder<Schema, 'audit_event', O>,
  { organizationId, filter }: { organizationId: string; filter: AuditFilter },
): SelectQueryBuilder<Schema, 'audit_event', O> {
  let narrowed = query.where('organization_id', '=', organizationId);
  const { actorId, action, subjectId, environmentId, outcome, from, to } = filter;
  if (actorId !== undefined) narrowed = narrowed.where('actor_id', '=', actorId);
  if (action !== undefined) narrowed = narrowed.where('action', '=', action);
  if (subjectId !== undefined) narrowed = narrowed.where('subject_id', '=', subjectId);
  if (environmentId !== undefined) narrowed = narrowed.where('environment_id', '=', environmentId);
  if (outcome !== undefined) narrowed = narrowed.where('outcome', '=', outcome);
  if (from !== undefined) narrowed = narrowed.where('at', '>=', from);
  if (to !== undefined) narrowed = narrowed.where('at', '<', to);
  return narrowed;
}
