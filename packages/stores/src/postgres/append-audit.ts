import { newId } from '@keyward/kit/random';
import { sql } from 'kysely';
import { auditHash, chainBegin, diffHash } from './audit-hash.ts';
import type { Database } from './database.ts';
import type { AuditEventTable } from './schema-management.ts';

/** What somebody did, or was not allowed to do. */
export interface AuditRecord {
  action: string;
  outcome: AuditEventTable['outcome'];
  subject: { kind: string; id: string | null };
  environmentId: string | null;
  /** JSON. */
  diff: string | null;
}

interface Appending {
  organizationId: string;
  actor: { kind: AuditEventTable['actor_kind']; id: string | null };
  requestId: string;
  at: Date;
  records: readonly AuditRecord[];
}

/**
 * Appends records to the organization's chain. Its head stays locked until the transaction ends, so this comes after all other
 * locks of a transaction.
 */
export async function appendAudit(transaction: Database, appending: Appending): Promise<void> {
  const { organizationId, actor, requestId, at, records } = appending;
  if (records.length === 0) return;
  let { seq, hash } = await lockHead(transaction, organizationId);
  const rows = records.map(({ action, outcome, subject, environmentId, diff }) => {
    seq += 1;
    const facts = {
      organization_id: organizationId,
      seq,
      id: newId(),
      at,
      actor_kind: actor.kind,
      actor_id: actor.id,
      action,
      outcome,
      subject_kind: subject.kind,
      subject_id: subject.id,
      environment_id: environmentId,
      request_id: requestId,
      diff_hash: diffHash(diff),
    };
    hash = auditHash(hash, facts);
    return { ...facts, diff, hash };
  });
  await transaction.insertInto('audit_event').values(rows).execute();
  await transaction
    .updateTable('audit_head')
    .set({
      seq,
      hash,
      latest_at: sql<Date>`greatest(latest_at, ${at}::timestamptz)`,
      lag_ms: sql<number>`greatest(lag_ms, ceil(extract(epoch from latest_at - ${at}::timestamptz) * 1000))`,
    })
    .where('organization_id', '=', organizationId)
    .execute();
}

async function lockHead(transaction: Database, organizationId: string): Promise<{ seq: number; hash: Buffer }> {
  await transaction
    .insertInto('audit_head')
    .values({ organization_id: organizationId, seq: 0, hash: chainBegin })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const head = transaction.selectFrom('audit_head').select(['seq', 'hash']).forUpdate();
  const { seq, hash } = await head.where('organization_id', '=', organizationId).executeTakeFirstOrThrow();
  return { seq, hash: Buffer.from(hash) };
}
