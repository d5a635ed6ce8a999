import type { Pepper } from '@keyward/keyformat/pepper';
import type { Clock } from '@keyward/kit/clock';
import { insertAccountKey } from '@keyward/stores/postgres/account-keys';
import { findUserByEmail } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { AccountChange } from '../changes/change.ts';
import { viewAccountKey } from './account-keys.ts';
import { issueAccountKey } from './issue-account-key.ts';
import { recordEverywhere } from './record-everywhere.ts';

interface Issuing {
  db: Database;
  clock: Clock;
  pepper: Pepper;
  /** What the key begins with. */
  prefix: string;
}

/** An account key that an operator makes for somebody; undefined: nobody has that e-mail address. */
export async function keyForSomebody(
  { db, clock, pepper, prefix }: Issuing,
  { email, memo }: { email: string; memo: string | null },
): Promise<{ id: string; raw: string } | undefined> {
  const now = new Date(clock.nowMs());
  return inTransaction(db, async (transaction) => {
    const user = await findUserByEmail(transaction, email);
    if (!user) return undefined;
    const { row, raw } = issueAccountKey({ pepper }, { userId: user.id, prefix, description: memo, now });
    await insertAccountKey(transaction, row);
    const change = new AccountChange({ transaction, now });
    const subject = { kind: 'account-key', id: row.id } as const;
    change.record({ action: 'account-key.create', subject, after: viewAccountKey(row) });
    await recordEverywhere(change, user.id);
    return { id: row.id, raw };
  });
}
