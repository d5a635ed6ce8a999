import { createFirstOwner, issueAccountKey, type SetUp } from '@keyward/admin-api/first-setup';
import { systemClock } from '@keyward/kit/clock';
import { hashPassword } from '@keyward/kit/password';
import { newId } from '@keyward/kit/random';
import { insertMember, insertUser, type Membership } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { uniqueName } from '../backends/unique-name.ts';
import type { TestPlatform } from './run-platform.ts';
import type { Caller } from './wire-client.ts';

type Door = Pick<TestPlatform, 'url' | 'secrets'>;

export interface Person extends Caller {
  userId: string;
  email: string;
  password: string;
}

/** Somebody with this role in the organization. */
export async function newMember(
  db: Database,
  { url, secrets }: Door,
  { organizationId, role }: Pick<Membership, 'organizationId' | 'role'>,
): Promise<Person> {
  const [userId, created_at] = [newId(), new Date()];
  const [email, password] = [`${uniqueName(role)}@example.test`, uniqueName('password')];
  await insertUser(db, { id: userId, email, password_hash: await hashPassword(password), created_at });
  await insertMember(db, { organization_id: organizationId, user_id: userId, role, created_at });
  const caller = await withAccountKey(url, { db, pepper: Buffer.from(secrets.pepper), clock: systemClock }, userId);
  return { ...caller, userId, email, password };
}

/** The owner of another organization. */
export async function newOwner(db: Database, { url, secrets }: Door): Promise<Caller> {
  const setUp = { db, pepper: Buffer.from(secrets.pepper), clock: systemClock };
  const account = {
    organization: uniqueName('o'),
    email: `${uniqueName('o')}@example.test`,
    password: uniqueName('p'),
  };
  const { userId } = await createFirstOwner(setUp, account);
  return withAccountKey(url, setUp, userId);
}

async function withAccountKey(url: string, setUp: SetUp, userId: string): Promise<Caller> {
  return { url, headers: { authorization: `Bearer ${await issueAccountKey(setUp, userId, 'test')}` } };
}
