import type { Database } from './database.ts';
import { containing } from './page.ts';

interface Forgetting {
  organizationId: string;
  subjectIds: readonly string[];
  /** Only those whose content names this id. */
  mentioning?: string;
}

/**
 * Forgets what audit records say of these subjects; that something was done to them, and by whom, stays. Answers how many
 * records there were.
 */
export async function eraseAuditDiffs(
  transaction: Database,
  { organizationId, subjectIds, mentioning }: Forgetting,
): Promise<number> {
  const { numUpdatedRows } = await transaction
    .updateTable('audit_event')
    .set({ diff: null })
    .where('organization_id', '=', organizationId)
    .where('subject_id', 'in', subjectIds)
    .where('diff', 'is not', null)
    .$if(mentioning !== undefined, (query) => query.where('diff', 'like', containing(mentioning ?? '')))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
