import { constants, createPublicKey, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { DecisionRequest } from '@keyward/contract/decisions';
import { type RequestSignature, signedText } from '@keyward/decision/request-signature';

/**
 * The signature that a request carries, and whether any of the environment's public keys verifies it: RSA PKCS#1 v1.5 or
 * ECDSA in DER, both over SHA-256, base64url with or without padding (wire.md §2.3). A key may take milliseconds, and a
 * request be judged several times, so it is verified once, off the event loop, where it holds up nobody else's requests.
 */
export async function requestSignature(
  request: DecisionRequest,
  requestKeys: readonly string[],
): Promise<RequestSignature | undefined> {
  if (!request.signature) return undefined;
  const { value, clientId, timestamp } = request.signature;
  const parts = { clientId, methodPath: request.methodPath ?? '', timestamp };
  const text = signedText(parts);
  const isVerified = text !== undefined && base64url.test(value) && (await verifiedOnce(request, requestKeys, text));
  return { parts, verifies: () => isVerified };
}

/** `Buffer.from` would read past whatever it does not know. */
const base64url = /^[\w-]+={0,2}$/;

const verified = new WeakMap<DecisionRequest, { requestKeys: readonly string[]; result: Promise<boolean> }>();

function verifiedOnce(request: DecisionRequest, requestKeys: readonly string[], text: string): Promise<boolean> {
  const known = verified.get(request);
  if (known?.requestKeys === requestKeys) return known.result;
  const result = verifiesByAny(keysOf(requestKeys), text, request.signature?.value ?? '');
  verified.set(request, { requestKeys, result });
  return result;
}

async function verifiesByAny(keys: readonly KeyObject[], text: string, value: string): Promise<boolean> {
  const signed = Buffer.from(text);
  const signature = Buffer.from(value, 'base64url');
  for (const key of keys) {
    const options = { key, padding: constants.RSA_PKCS1_PADDING, dsaEncoding: 'der' } as const;
    if (await verifyInPool('sha256', signed, options, signature)) return true;
  }
  return false;
}

const verifyInPool = promisify<string, Buffer, VerifyKeyObjectInput, Buffer, boolean>(verify);

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
