import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import type { Clock } from '@keyward/kit/clock';
import { hashPassword } from '@keyward/kit/password';
import { newId } from '@keyward/kit/random';
import { insertAccountKey, insertMember, insertOrganization, insertUser } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { accountKeyPrefix } from './key-prefixes.ts';

export interface SetUp {
  db: Database;
  pepper: Buffer;
  clock: Clock;
}

/** The first organization with its owner, on an installation that has none. */
export async function createFirstOwner(
  { db, clock }: SetUp,
  options: { organization: string; email: string; password: string },
): Promise<{ userId: string }> {
  const created_at = new Date(clock.nowMs());
  const organizationId = newId();
  const userId = newId();
  const password_hash = await hashPassword(options.password);
  await db.transaction().execute(async (transaction) => {
    await insertOrganization(transaction, { id: organizationId, name: options.organization, created_at });
    await insertUser(transaction, { id: userId, email: options.email, password_hash, created_at });
    await insertMember(transaction, { organization_id: organizationId, user_id: userId, role: 'owner', created_at });
  });
  return { userId };
}

/** A new account key of a person; the raw key is in this answer and nowhere else. */
export async function issueAccountKey(
  { db, pepper, clock }: SetUp,
  userId: string,
  description: string,
): Promise<string> {
  const raw = issueOpaqueKey(accountKeyPrefix);
  const digest = keyDigest({ pepper, domain: 'account', canonical: raw });
  const created_at = new Date(clock.nowMs());
  await insertAccountKey(db, { id: newId(), user_id: userId, description, digest, expires_at: null, created_at });
  return raw;
}
