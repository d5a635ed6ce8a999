import type { IncomingHttpHeaders } from 'node:http';
import { keyDigest } from '@keyward/keyformat/key-digest';
import type { Pepper } from '@keyward/keyformat/pepper';
import { readCookie } from '@keyward/kit/cookies';
import { equalTexts } from '@keyward/kit/equal-texts';
import { newSecret } from '@keyward/kit/random';
import type { Administration } from '../administration.ts';
import { cookieName, ownCookie } from './session-cookie.ts';

const keptSeconds = 365 * 86_400;

type Parts = Pick<Administration, 'pepper' | 'policy'>;

/** The id of the device, if its cookie says that somebody has signed in to this account there before. */
export function knownDevice(
  { pepper, policy }: Parts,
  headers: IncomingHttpHeaders,
  email: string,
): string | undefined {
  const [id = '', proof = ''] = readCookie(headers, cookieName(policy, 'device'))?.split('.') ?? [];
  return equalTexts(proof, proofOf(pepper, id, email)) ? id : undefined;
}

/** Says it from now on. */
export function deviceCookie({ pepper, policy }: Parts, email: string): string {
  const id = newSecret();
  return ownCookie(policy, {
    name: 'device',
    value: `${id}.${proofOf(pepper, id, email)}`,
    maxAgeSeconds: keptSeconds,
  });
}

function proofOf(pepper: Pepper, id: string, email: string): string {
  return keyDigest({ pepper, domain: 'device', canonical: `${id} ${email.toLowerCase()}` }).toString('base64url');
}
