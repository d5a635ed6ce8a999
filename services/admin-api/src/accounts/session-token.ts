import { keyDigest } from '@keyward/keyformat/key-digest';
import type { Pepper } from '@keyward/keyformat/pepper';
import { newSecret } from '@keyward/kit/random';

interface Token {
  raw: string;
  digest: Buffer;
}

/** What a session's cookie holds: 256 random bits, of which only the digest is stored. */
export function newSessionToken(pepper: Pepper): Token {
  const raw = newSecret();
  return { raw, digest: sessionDigest(pepper, raw) };
}

export function sessionDigest(pepper: Pepper, raw: string): Buffer {
  return keyDigest({ pepper, domain: 'session', canonical: raw });
}

/** What a change by this session has to show: only our own pages can have read it. */
export function csrfTokenOf(pepper: Pepper, sessionId: string): string {
  return keyDigest({ pepper, domain: 'csrf', canonical: sessionId }).toString('base64url');
}
