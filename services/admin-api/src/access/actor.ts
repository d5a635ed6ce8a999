import type { ServerKeyScope } from '@keyward/contract/access';
import type { Membership } from '@keyward/stores/postgres/accounts';

/** Who makes a management call. */
export type Actor =
  | {
      kind: 'server-key';
      serverKeyId: string;
      organizationId: string;
      environmentId: string;
      scopes: readonly ServerKeyScope[];
    }
  | { kind: 'account'; userId: string; memberships: readonly Membership[]; organizationId: string | undefined };
