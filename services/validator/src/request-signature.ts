import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { DecisionRequest } from '@keyward/contract/decisions';
import type { RequestSignature } from '@keyward/decision/request-signature';

/**
 * The signature that a request carries, to be verified by any of the environment's public keys when the rules come to it:
 * RSA PKCS#1 v1.5 or ECDSA in DER, both over SHA-256, base64url with or without padding (wire.md §2.3).
 */
export function requestSignature(
  { signature, methodPath }: DecisionRequest,
  requestKeys: readonly string[],
): RequestSignature | undefined {
  if (!signature) return undefined;
  const { value, clientId, timestamp } = signature;
  return {
    parts: { clientId, methodPath, timestamp },
    verifies: (text) => base64url.test(value) && verifiesByAny(keysOf(requestKeys), text, value),
  };
}

/** `Buffer.from` would read past whatever it does not know. */
const base64url = /^[\w-]+={0,2}$/;

function verifiesByAny(keys: readonly KeyObject[], text: string, value: string): boolean {
  const signed = Buffer.from(text);
  const signature = Buffer.from(value, 'base64url');
  return keys.some((key) =>
    verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PADDING, dsaEncoding: 'der' }, signature),
  );
}

const imported = new WeakMap<readonly string[], readonly KeyObject[]>();

/** The keys of a record, imported when they are first asked for: records are kept, and never changed in place. */
function keysOf(requestKeys: readonly string[]): readonly KeyObject[] {
  const known = imported.get(requestKeys);
  if (known) return known;
  const keys = requestKeys.map((spki) =>
    createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' }),
  );
  imported.set(requestKeys, keys);
  return keys;
}
