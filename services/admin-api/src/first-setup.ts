import type { Pepper } from '@keyward/keyformat/pepper';
import type { Clock } from '@keyward/kit/clock';
import { hashPassword } from '@keyward/kit/password';
import { newId } from '@keyward/kit/random';
import { insertAccountKey } from '@keyward/stores/postgres/account-keys';
import { hasUsers, insertMember, insertOrganization, insertUser, lockSetUp } from '@keyward/stores/postgres/accounts';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import type { Database } from '@keyward/stores/postgres/database';
import { defaultAccountKeyPrefix } from './accounts/account-variables.ts';
import { issueAccountKey as issue } from './accounts/issue-account-key.ts';
import { system } from './changes/author.ts';
import { AccountChange } from './changes/change.ts';

export interface SetUp {
  db: Database;
  pepper: Pepper;
  clock: Clock;
}

export interface FirstOwner {
  organization: string;
  email: string;
  password: string;
}

/** An organization with its owner. */
export async function createFirstOwner(
  { db, clock }: Pick<SetUp, 'db' | 'clock'>,
  options: FirstOwner,
): Promise<{ userId: string; organizationId: string }> {
  const password_hash = await hashPassword(options.password);
  const owner = { ...options, password_hash, created_at: new Date(clock.nowMs()) };
  return db.transaction().execute((transaction) => insertOwner(transaction, owner));
}

/** The same on an installation that has nobody yet; undefined: it has. Of several at once one does it. */
export async function setUpInstallation(
  { db, clock }: Pick<SetUp, 'db' | 'clock'>,
  options: FirstOwner,
): Promise<{ organizationId: string } | undefined> {
  const password_hash = await hashPassword(options.password);
  const owner = { ...options, password_hash, created_at: new Date(clock.nowMs()) };
  return db.transaction().execute(async (transaction) => {
    await lockSetUp(transaction);
    return (await hasUsers(transaction)) ? undefined : insertOwner(transaction, owner);
  });
}

interface NewOwner {
  organization: string;
  email: string;
  password_hash: string;
  created_at: Date;
}

async function insertOwner(
  transaction: Database,
  { organization: name, email, password_hash, created_at }: NewOwner,
): Promise<{ userId: string; organizationId: string }> {
  const [organizationId, userId] = [newId(), newId()];
  await insertOrganization(transaction, { id: organizationId, name, created_at });
  await insertUser(transaction, { id: userId, email, password_hash, created_at });
  const role = 'owner';
  await insertMember(transaction, { organization_id: organizationId, user_id: userId, role, created_at });
  const change = new AccountChange({ transaction, now: created_at });
  change.record({
    action: 'organization.create',
    subject: { kind: 'organization', id: organizationId },
    after: { id: organizationId, name },
  });
  change.record({ action: 'member.create', subject: { kind: 'member', id: userId }, after: { userId, email, role } });
  const { records } = change;
  await appendAudit(transaction, { organizationId, actor: system, requestId: newId(), at: created_at, records });
  return { userId, organizationId };
}

/** A new account key of a person; the raw key is in this answer and nowhere else. */
export async function issueAccountKey(setUp: SetUp, userId: string, description: string): Promise<string> {
  const { db, clock } = setUp;
  const { row, raw } = issue(setUp, {
    userId,
    prefix: defaultAccountKeyPrefix,
    description,
    now: new Date(clock.nowMs()),
  });
  await insertAccountKey(db, row);
  return raw;
}
