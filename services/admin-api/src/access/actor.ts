import type { ServerKeyScope } from '@keyward/contract/access';
import type { Membership } from '@keyward/stores/postgres/accounts';
import type { UserSessionRow } from '@keyward/stores/postgres/user-sessions';

/** Who makes a management call. */
export type Actor =
  | {
      kind: 'server-key';
      serverKeyId: string;
      organizationId: string;
      environmentId: string;
      scopes: readonly ServerKeyScope[];
    }
  | {
      kind: 'account';
      userId: string;
      credential: AccountCredential;
      memberships: readonly Membership[];
      organizationId: string | undefined;
    };

/** What a person identified themselves with. */
export type AccountCredential =
  | { kind: 'account-key'; id: string; expiresAt: Date | null; allowedIps: readonly string[] }
  | { kind: 'session'; session: UserSessionRow & { email: string } };
