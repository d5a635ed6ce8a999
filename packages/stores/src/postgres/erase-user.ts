import { sql } from 'kysely';
import type { Database } from './database.ts';
import { eraseAnswersAbout } from './idempotent-answers.ts';
import { containing } from './page.ts';

interface Person {
  userId: string;
  email: string;
}

/** As of now; nobody lets them into an organization until the transaction ends. */
export async function lockUser(transaction: Database, userId: string): Promise<void> {
  await transaction.selectFrom('user').select('id').where('id', '=', userId).forUpdate().executeTakeFirst();
}

/**
 * Deletes a person with sessions, identities, account keys, memberships, invitations of the address and answers that are kept for
 * their repetitions; other people's answers and audit records forget what they tell of them, and keep the ids.
 */
export async function eraseUser(transaction: Database, { userId, email }: Person): Promise<void> {
  await eraseDiffs(transaction, { userId, email });
  const invitations = await transaction
    .deleteFrom('invitation')
    .where(sql`lower(email)`, '=', email.toLowerCase())
    .returning('id')
    .execute();
  await eraseAnswersAbout(transaction, [userId, ...invitations.map(({ id }) => id)]);
  await transaction.deleteFrom('idempotent_answer').where('actor_id', '=', userId).execute();
  await transaction.deleteFrom('user').where('id', '=', userId).execute();
}

/** In all chains, since they may have belonged to more organizations than they do; each part by an index. */
async function eraseDiffs(transaction: Database, { userId, email }: Person): Promise<void> {
  const named = containing(JSON.stringify(email)); // with its quotes: another's address may hold this one
  const chains = sql`organization_id = any(array(select organization_id from audit_head))`;
  const parts = [
    sql`subject_id = ${userId}`,
    sql`actor_id = ${userId} and subject_kind in ('session', 'account-key')`,
    sql`action in ('invitation.create', 'invitation.accept', 'invitation.revoke') and diff ilike ${named}`,
  ];
  for (const part of parts)
    await sql`update audit_event set diff = null where diff is not null and ${chains} and ${part}`.execute(transaction);
}

/** The organizations that have invited this address. */
export async function listInvitingOrganizations(db: Database, email: string): Promise<string[]> {
  const invitations = db.selectFrom('invitation').select('organization_id').distinct();
  const rows = await invitations.where(sql`lower(email)`, '=', email.toLowerCase()).execute();
  return rows.map((row) => row.organization_id);
}
