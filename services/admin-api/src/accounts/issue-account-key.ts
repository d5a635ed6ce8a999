import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import type { Pepper } from '@keyward/keyformat/pepper';
import { newId } from '@keyward/kit/random';
import type { AccountKeyRow } from '@keyward/stores/postgres/account-keys';

interface IssueOptions {
  userId: string;
  /** What the key begins with. */
  prefix: string;
  description: string | null;
  allowedIps?: string[] | undefined;
  expiresAt?: Date | null | undefined;
  now: Date;
}

/** A new account key: the row to store, and the raw key, which is nowhere else and cannot be had again. */
export function issueAccountKey(
  { pepper }: { pepper: Pepper },
  { userId, prefix, description, allowedIps = [], expiresAt = null, now }: IssueOptions,
): { row: AccountKeyRow; raw: string } {
  const raw = issueOpaqueKey(prefix);
  const row: AccountKeyRow = {
    id: newId(),
    user_id: userId,
    description,
    digest: keyDigest({ pepper, domain: 'account', canonical: raw }),
    allowed_ips: allowedIps,
    last_used_at: null,
    expires_at: expiresAt,
    created_at: now,
  };
  return { row, raw };
}
