import { maxKeyChars, signedKeyPrefix } from '@keyward/keyformat/split-signed-key';
import type { Claims } from './keys/key-claims.ts';
import type { KeyEngine } from './keys/key-engine.ts';
import { KeywardError } from './keyward-error.ts';
import { type Refused, refused } from './validation.ts';

/** What can be said of a key without asking anybody. `unknown`: only the server can judge it. */
export type LocalCheck = { kind: 'good'; claims: Claims } | { kind: 'bad'; refusal: Refused } | { kind: 'unknown' };

interface LocalCheckOptions {
  /** undefined: there is no secret here. */
  engine: KeyEngine | undefined;
  hasServer: boolean;
}

/** A server may know keys of other kinds, and it alone knows signed ones where the application has no secret. */
export function checkLocally(key: string, { engine, hasServer }: LocalCheckOptions): LocalCheck {
  if (key.length > maxKeyChars) return bad(new KeywardError('INVALID_FORMAT', 'The key is too long.'));
  if (!engine || (hasServer && !key.startsWith(signedKeyPrefix))) return { kind: 'unknown' };
  try {
    return { kind: 'good', claims: engine.verify(key) };
  } catch (error) {
    if (error instanceof KeywardError) return bad(error);
    throw error;
  }
}

function bad({ code, message, expiredAt }: KeywardError): LocalCheck {
  return { kind: 'bad', refusal: refused({ status: 401, code, message, expiredAt: expiredAt?.toISOString() }) };
}
