import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Records of a time are behind the one and before the other of these, neither of them included. */
export interface AuditSpan {
  after: number;
  before: number;
}

interface Time {
  from?: Date | undefined;
  /** Not included. */
  to?: Date | undefined;
}

/** For what code wrote that notes no lag, while the services are updated. */
const leastLagMs = 3_600_000;

/**
 * Where in an organization's chain the records of a time are, so that they are not looked for from its end. Clocks differ, so records
 * are not in the order of their times; but none is older than one before it by more than the lag that `appendAudit` notes. So
 * whatever follows a record that is younger than `to` by that much is no older than `to`, and likewise with `from`.
 */
export async function auditSpan(db: Database, organizationId: string, { from, to }: Time): Promise<AuditSpan> {
  const lag = sql`(select greatest(lag_ms, ${leastLagMs}) * interval '1 millisecond' from audit_head
    where organization_id = ${organizationId})`;
  const records = sql`select seq from audit_event where organization_id = ${organizationId}`;
  const { rows } = await sql<Record<keyof AuditSpan, number | null>>`
    select
      (${records} and at < ${from ?? null}::timestamptz - ${lag} order by at desc, seq desc limit 1) as after,
      (${records} and at >= ${to ?? null}::timestamptz + ${lag} order by at, seq limit 1) as before`.execute(db);
  return { after: rows[0]?.after ?? 0, before: rows[0]?.before ?? Number.MAX_SAFE_INTEGER };
}
