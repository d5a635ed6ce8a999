import type { Clock } from '@keyward/kit/clock';
import { hashPassword } from '@keyward/kit/password';
import { findUserByEmail, setPasswordHash } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { endUserSessions } from '@keyward/stores/postgres/user-sessions';
import { AccountChange } from '../changes/change.ts';
import { recordEverywhere } from './record-everywhere.ts';

interface Resetting {
  email: string;
  password: string;
}

interface Reset {
  userId: string;
  endedSessions: number;
}

/**
 * Gives somebody another password who has forgotten theirs, and ends all their sessions; each organization that they belong to has it
 * in its audit. undefined: nobody has that e-mail address.
 */
export async function resetPassword(
  { db, clock }: { db: Database; clock: Clock },
  { email, password }: Resetting,
): Promise<Reset | undefined> {
  const hash = await hashPassword(password);
  const now = new Date(clock.nowMs());
  return inTransaction(db, async (transaction) => {
    const user = await findUserByEmail(transaction, email);
    if (!user) return undefined;
    const { id: userId } = user;
    await setPasswordHash(transaction, userId, hash);
    const ended = await endUserSessions(transaction, { userId });
    const change = new AccountChange({ transaction, now });
    change.record({ action: 'password.reset', subject: { kind: 'user', id: userId } });
    for (const id of ended) change.record({ action: 'session.delete', subject: { kind: 'session', id } });
    await recordEverywhere(change, userId);
    return { userId, endedSessions: ended.length };
  });
}
