import { newId } from '@keyward/kit/random';
import { findMemberships } from '@keyward/stores/postgres/accounts';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import { system } from '../changes/author.ts';
import type { AccountChange } from '../changes/change.ts';

/** What an operator did with somebody's account, in the audit of each organization that they belong to. */
export async function recordEverywhere(
  { transaction, now: at, records }: AccountChange,
  userId: string,
): Promise<void> {
  const requestId = newId();
  const organizationIds = (await findMemberships(transaction, userId)).map(({ organizationId }) => organizationId);
  for (const organizationId of organizationIds.toSorted())
    await appendAudit(transaction, { organizationId, actor: system, requestId, at, records });
}
