import type { InvitationRow, InvitationStatus } from '@keyward/stores/postgres/invitations';

/** What became of an invitation by `now`. */
export function invitationStatus({ accepted_at, revoked_at, expires_at }: InvitationRow, now: Date): InvitationStatus {
  if (accepted_at !== null) return 'accepted';
  if (revoked_at !== null) return 'revoked';
  return expires_at > now ? 'open' : 'expired';
}
