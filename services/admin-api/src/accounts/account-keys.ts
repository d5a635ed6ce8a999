import type {
  AccountKey,
  AccountKeyList,
  CreatedAccountKey,
  NewAccountKey,
} from '@keyward/contract/routes/account-key';
import { AppError } from '@keyward/kit/app-error';
import {
  type AccountKeyRow,
  deleteAccountKey as deleteRow,
  insertAccountKey,
  listAccountKeys,
} from '@keyward/stores/postgres/account-keys';
import { eraseAnswers } from '@keyward/stores/postgres/idempotent-answers';
import type { PersonCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { requireNoTag } from '../changes/etag.ts';
import { changeAccount } from '../changes/make-change.ts';
import { created, done, type Outcome } from '../changes/outcome.ts';
import { InputCheck, isUuid } from '../input.ts';
import { issueAccountKey } from './issue-account-key.ts';
import { checkWithinOwnKey } from './within-own-key.ts';

/** The keys that people identify themselves with, as the panel's API has them (wire.md §9). */
export async function readAccountKeys(
  { db }: Administration,
  { userId, page, limit }: { userId: string; page: number; limit: number },
): Promise<AccountKeyList> {
  const { total, rows } = await listAccountKeys(db, { userId, limit, offset: (page - 1) * limit });
  const pagination = { page, perPage: limit, total, totalPages: Math.ceil(total / limit) };
  return { data: rows.map(viewAccountKey), pagination };
}

/** Makes a key; it is in this answer and nowhere else. One that is made by another key is bound as that is. */
export async function createAccountKey(
  administration: Administration,
  call: PersonCall,
  { memo, allowedIps, expiresAt }: NewAccountKey,
): Promise<Outcome<CreatedAccountKey>> {
  const { clock, policy } = administration;
  const check = new InputCheck();
  check.ipList('/allowedIps', allowedIps);
  const expiry = check.futureTime('/expiresAt', expiresAt, clock.nowMs()) ?? undefined;
  checkWithinOwnKey(check, call.actor.credential, { allowedIps: allowedIps ?? [], expiresAt: expiry });
  check.done();
  return changeAccount(administration, call, async (change) => {
    const { transaction, now } = change;
    const { row, raw } = issueAccountKey(administration, {
      userId: call.actor.userId,
      prefix: policy.keyPrefix,
      description: memo ?? null,
      allowedIps,
      expiresAt: expiry,
      now,
    });
    await insertAccountKey(transaction, row);
    const view = viewAccountKey(row);
    change.record({ action: 'account-key.create', subject: { kind: 'account-key', id: row.id }, after: view });
    return created({ data: view, meta: { secret_token: raw } });
  });
}

/** From the answer on nobody is let in with it. */
export async function deleteAccountKey(
  administration: Administration,
  call: PersonCall,
  id: string,
): Promise<Outcome<{ success: true }>> {
  return changeAccount(administration, call, async (change) => {
    const { transaction } = change;
    const { userId } = call.actor;
    const row = isUuid(id) ? await deleteRow(transaction, userId, id) : undefined;
    if (!row) throw new AppError('NOT_FOUND', 'API key not found');
    requireNoTag(call.ifMatch);
    await eraseAnswers(transaction, { ownerId: userId, subjectIds: [row.id] });
    change.record({ action: 'account-key.delete', subject: { kind: 'account-key', id }, before: viewAccountKey(row) });
    return done({ success: true });
  });
}

export function viewAccountKey(row: AccountKeyRow): AccountKey {
  return {
    identifier: row.id,
    description: row.description,
    allowed_ips: row.allowed_ips,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  };
}
