import type { Role } from '@keyward/contract/access';
import type { ColumnType } from 'kysely';

type Time = ColumnType<Date, Date | string, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type CreatedAt = ColumnType<Date, Date | string, never>;

export interface UserTable {
  id: string;
  email: string;
  /** null: signs in through an issuer only. */
  password_hash: string | null;
  created_at: CreatedAt;
}

/** By what an OpenID Connect issuer knows somebody. */
export interface UserIdentityTable {
  issuer: string;
  subject: string;
  user_id: string;
  created_at: CreatedAt;
}

export interface MemberTable {
  organization_id: string;
  user_id: string;
  role: Role;
  created_at: CreatedAt;
}

export interface AccountKeyTable {
  id: string;
  user_id: string;
  description: string | null;
  digest: Buffer;
  /** Empty: from everywhere. */
  allowed_ips: ColumnType<string[], string[] | undefined, string[]>;
  last_used_at: OptionalTime;
  expires_at: Time | null;
  created_at: CreatedAt;
}

export interface UserSessionTable {
  id: string;
  user_id: string;
  /** Of the token that the cookie holds. */
  digest: Buffer;
  /** Of the token before it, which is taken a little longer: calls with it may be under way. */
  previous_digest: Buffer | null;
  /** When the token was made. */
  renewed_at: Time;
  used_at: Time;
  address: string | null;
  user_agent: string | null;
  /** When its user signed in. */
  created_at: CreatedAt;
}

/** How often somebody failed to sign in of late: by the digest of an account, a device or an address. */
export interface SignInAttemptTable {
  subject: Buffer;
  failures: number;
  last_at: Time;
  blocked_until: Time;
}

export interface InvitationTable {
  id: string;
  organization_id: string;
  email: string;
  role: Role;
  digest: Buffer;
  invited_by: string | null;
  expires_at: Time;
  accepted_at: OptionalTime;
  revoked_at: OptionalTime;
  created_at: CreatedAt;
}
