import type { Pepper } from '@keyward/keyformat/pepper';
import type { Clock } from '@keyward/kit/clock';
import type { OutboundRules } from '@keyward/kit/outbound-rules';
import type { SecretBox } from '@keyward/kit/secret-box';
import type { Database } from '@keyward/stores/postgres/database';
import type { AccountPolicy } from './accounts/account-policy.ts';
import type { LastUses } from './accounts/last-uses.ts';
import type { OidcIssuer } from './oidc/oidc-issuer.ts';
import type { Projector } from './projection/projector.ts';

/** What every management call works with. */
export interface Administration {
  db: Database;
  projector: Projector;
  /** Keys are digested with it (design.md §9). */
  pepper: Pepper;
  /** Opens and seals signing secrets, and those of webhooks. */
  secrets: SecretBox;
  clock: Clock;
  /** Which URLs that users name may be called. */
  outbound: OutboundRules;
  policy: AccountPolicy;
  /** Where people may sign in but here; undefined: nowhere. */
  issuer: OidcIssuer | undefined;
  uses: { accountKeys: LastUses; sessions: LastUses };
  maxEndpoints: number;
  /** The id of the organization that runs this installation; undefined: the only one. */
  operatorOrganization: string | undefined;
  /** Who creates organizations: anyone who is signed in, or the operator's owners and admins. */
  organizationCreation: 'anyone' | 'operator';
}
