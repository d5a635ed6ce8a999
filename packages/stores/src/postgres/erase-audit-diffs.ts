import type { Database } from './database.ts';

/** Forgets what audit records say of these subjects; that something was done to them, and by whom, stays. */
export async function eraseAuditDiffs(
  transaction: Database,
  { organizationId, subjectIds }: { organizationId: string; subjectIds: readonly string[] },
): Promise<void> {
  await transaction
    .updateTable('audit_event')
    .set({ diff: null })
    .where('organization_id', '=', organizationId)
    .where('subject_id', 'in', subjectIds)
    .execute();
}
