import { Readable } from 'node:stream';
import type { AuditExportLine, AuditExportQuery, AuditQuery, AuditRecord } from '@keyward/contract/routes/audit';
import { compileValidator } from '@keyward/kit/validation';
import { chainBegin } from '@keyward/stores/postgres/audit-hash';
import { findEnvironment } from '@keyward/stores/postgres/projects';
import {
  type AuditFilter,
  type AuditRow,
  type ChainedAuditRow,
  findAuditHead,
  listAudit,
  walkAudit,
} from '@keyward/stores/postgres/read-audit';
import Type from 'typebox';
import { unknownEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { InputCheck, isUuid } from '../input.ts';
import { cutPart, readCursor } from './cursor.ts';
import { readPeriod } from './period.ts';
import { readInTime } from './read-in-time.ts';

const Place = compileValidator(Type.Object({ seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }));

/** A part of an organization's records, newest first; those that come meanwhile are before it. */
export async function readAudit(
  { db }: Administration,
  organizationId: string,
  { limit = 50, ...query }: AuditQuery,
): Promise<{ data: AuditRecord[]; nextCursor: string | null }> {
  const check = new InputCheck();
  const period = readPeriod(check, query);
  const before = readCursor(check, query.cursor, Place)?.seq;
  check.done();
  const filter = await filterOf({ db }, organizationId, { ...query, ...period });
  const part = { organizationId, filter, before, limit: limit + 1 };
  const rows = await readInTime(db, (transaction) => listAudit(transaction, part));
  const { shown, nextCursor } = cutPart(rows, limit, ({ seq }) => ({ seq }));
  return { data: shown.map(viewRecord), nextCursor };
}

/** All records up to the present one, oldest first, as lines of JSON; they are read as fast as they are taken. */
export async function exportAuditLines(
  { db }: Administration,
  organizationId: string,
  query: AuditExportQuery,
): Promise<Readable> {
  const check = new InputCheck();
  const period = readPeriod(check, query);
  check.done();
  const filter = await filterOf({ db }, organizationId, { ...query, ...period });
  const until = (await findAuditHead(db, organizationId))?.seq ?? 0;
  const parts = walkAudit(db, { organizationId, filter, until });
  return Readable.from(printed(parts), { objectMode: false });
}

async function* printed(parts: AsyncIterable<ChainedAuditRow[]>): AsyncGenerator<string> {
  for await (const rows of parts) yield rows.map((row) => `${JSON.stringify(viewExportLine(row))}\n`).join('');
}

type FilterQuery = AuditExportQuery & ReturnType<typeof readPeriod>;

/** A foreign environment is answered like an unknown one. */
async function filterOf(
  { db }: Pick<Administration, 'db'>,
  organizationId: string,
  { project_env: projectEnv, environment: environmentId, actor, subject, action, outcome, fromMs, toMs }: FilterQuery,
): Promise<AuditFilter> {
  const check = new InputCheck();
  if (projectEnv !== undefined && environmentId !== undefined)
    check.fault('/environment', 'cannot be named beside project_env');
  check.done();
  const environment = projectEnv === undefined ? undefined : await findEnvironment(db, organizationId, { projectEnv });
  if (projectEnv !== undefined && !environment) throw unknownEnvironment();
  return {
    actorId: actor,
    subjectId: subject !== undefined && isUuid(subject) ? subject.toLowerCase() : subject,
    // Whosever it is: records are looked for in the organization's own chain.
    environmentId: environment?.id ?? environmentId?.toLowerCase(),
    action,
    outcome,
    from: fromMs === undefined ? undefined : new Date(fromMs),
    to: toMs === undefined ? undefined : new Date(toMs),
  };
}

function viewFacts(row: AuditRow) {
  return {
    id: row.id,
    seq: row.seq,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id },
    action: row.action,
    outcome: row.outcome,
    subject: { kind: row.subject_kind, id: row.subject_id },
    environmentId: row.environment_id,
    requestId: row.request_id,
  };
}

function viewRecord(row: AuditRow): AuditRecord {
  return { ...viewFacts(row), diff: row.diff === null ? null : JSON.parse(row.diff), hash: hex(row.hash) };
}

function viewExportLine(row: ChainedAuditRow): AuditExportLine {
  return {
    organizationId: row.organization_id,
    ...viewFacts(row),
    diff: row.diff,
    diffHash: hex(row.diff_hash),
    previousHash: row.seq === 1 ? hex(chainBegin) : row.previous_hash && hex(row.previous_hash),
    hash: hex(row.hash),
  };
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
