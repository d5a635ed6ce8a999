import type { Membership } from '@keyward/stores/postgres/accounts';

/** Who makes a management call. */
export type Actor =
  | { kind: 'server-key'; serverKeyId: string; organizationId: string; environmentId: string }
  | { kind: 'account'; userId: string; memberships: readonly Membership[]; organizationId: string | undefined };
