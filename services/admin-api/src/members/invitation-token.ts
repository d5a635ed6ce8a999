import { keyDigest } from '@keyward/keyformat/key-digest';
import type { Pepper } from '@keyward/keyformat/pepper';
import { newSecret } from '@keyward/kit/random';

/** What an invitation is accepted by: 256 random bits, of which only the digest is stored. */
export function newInvitationToken(pepper: Pepper): { raw: string; digest: Buffer } {
  const raw = newSecret();
  return { raw, digest: invitationDigest(pepper, raw) };
}

export function invitationDigest(pepper: Pepper, raw: string): Buffer {
  return keyDigest({ pepper, domain: 'invitation', canonical: raw });
}
