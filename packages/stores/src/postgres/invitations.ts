import type { Insertable, Selectable } from 'kysely';
import type { Database } from './database.ts';
import { containing, type Part, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** Who is asked to join an organization. */
export type InvitationRow = Selectable<Schema['invitation']>;
export type InvitationStatus = 'open' | 'accepted' | 'revoked' | 'expired';

/** Invites, unless that address has an invitation already that is open, or not yet known to have expired. */
export async function insertInvitation(db: Database, row: Insertable<Schema['invitation']>): Promise<boolean> {
  const inserted = await db
    .insertInto('invitation')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** What neither was accepted nor revoked for this address. */
export async function findUnansweredInvitation(
  db: Database,
  organizationId: string,
  email: string,
): Promise<InvitationRow | undefined> {
  return unanswered(db)
    .where('organization_id', '=', organizationId)
    .where((where) => where(where.fn('lower', ['email']), '=', email.toLowerCase()))
    .forUpdate()
    .executeTakeFirst();
}

/** All that are open for this address, of whichever organizations. */
export async function listOpenInvitationsFor(db: Database, email: string, now: Date): Promise<InvitationRow[]> {
  return unanswered(db)
    .where((where) => where(where.fn('lower', ['email']), '=', email.toLowerCase()))
    .where('expires_at', '>', now)
    .orderBy('organization_id')
    .execute();
}

/** The invitation whose token has this digest, whatever became of it. */
export async function findInvitationByToken(db: Database, digest: Buffer): Promise<InvitationRow | undefined> {
  return db.selectFrom('invitation').selectAll().where('digest', '=', digest).executeTakeFirst();
}

/** Accepts an open invitation; answers whether this call did, since each is accepted once. */
export async function acceptInvitation(db: Database, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('invitation')
    .set({ accepted_at: now })
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Revokes an invitation that was not accepted. */
export async function revokeInvitation(db: Database, id: string, now: Date): Promise<void> {
  await db
    .updateTable('invitation')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute();
}

export async function findInvitation(
  db: Database,
  { organizationId, id, lock }: { organizationId: string; id: string; lock?: true },
): Promise<InvitationRow | undefined> {
  const query = db
    .selectFrom('invitation')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id);
  return (lock ? query.forUpdate() : query).executeTakeFirst();
}

interface Listing extends Part {
  organizationId: string;
  status?: InvitationStatus | undefined;
  /** A part of it, in any letter case. */
  email?: string | undefined;
  now: Date;
}

export async function listInvitations(
  db: Database,
  { organizationId, status, email, now, ...part }: Listing,
): Promise<{ total: number; rows: InvitationRow[] }> {
  let query = db.selectFrom('invitation').where('organization_id', '=', organizationId);
  if (email !== undefined) query = query.where('email', 'ilike', containing(email));
  if (status === 'accepted') query = query.where('accepted_at', 'is not', null);
  if (status === 'revoked') query = query.where('revoked_at', 'is not', null);
  if (status === 'open' || status === 'expired')
    query = query
      .where('accepted_at', 'is', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', status === 'open' ? '>' : '<=', now);
  return readPart(query, part);
}

function unanswered(db: Database) {
  return db.selectFrom('invitation').selectAll().where('accepted_at', 'is', null).where('revoked_at', 'is', null);
}
