import type { NewKey } from '@keyward/contract/routes/client';
import type { NewKeyRow } from '@keyward/stores/postgres/clients';
import type { KeyTimes } from './issue-key.ts';

/** What is asked of a new key, as the columns of its row: the same however the key comes to be. */
export function newKeyColumns(input: NewKey, times: KeyTimes) {
  return {
    name: input.name,
    scopes: input.scopes ?? [],
    allowed_ips: input.allowedIps ?? [],
    metadata: JSON.stringify(input.metadata ?? {}),
    auto_rotate: input.autoRotate ?? false,
    rate_limit: input.rateLimit?.requests ?? null,
    rate_window: input.rateLimit?.window ?? null,
    not_before: times.notBefore,
    expires_at: times.expiresAt,
  } satisfies Partial<NewKeyRow>;
}
