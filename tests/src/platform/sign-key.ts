import { createHmac } from 'node:crypto';
import { uniqueName } from '../backends/unique-name.ts';

/** The claims of wire.md §1 that a test states; the others are as an SDK would write them. */
export interface StatedClaims {
  tid: string;
  id?: string;
  scp?: string[];
  exp?: number;
  nbf?: number;
}

/** A customer key as an SDK signs it locally: wire.md §1, stated apart from the code that judges it. */
export function signKey(secret: string, { tid, id = uniqueName('k'), scp = ['read'], ...times }: StatedClaims): string {
  const payload = Buffer.from(JSON.stringify({ id, tid, scp, env: 'production', ...times }));
  return keyOf(payload, createHmac('sha256', secret).update(payload).digest());
}

/** The key with another payload and the signature that it had. */
export function withTenant(key: string, tid: string): string {
  const [payload = '', signature = ''] = key.slice('apikee_'.length).split('.');
  const claims = JSON.parse(bytesOf(payload).toString());
  return keyOf(Buffer.from(JSON.stringify({ ...claims, tid })), bytesOf(signature));
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const keyOf = (payload: Buffer, signature: Buffer) => `apikee_${base62(payload)}.${base62(signature)}`;

function base62(bytes: Buffer): string {
  let text = '';
  for (let value = BigInt(`0x${bytes.toString('hex')}`); value > 0n; value /= 62n) {
    text = digits.charAt(Number(value % 62n)) + text;
  }
  return text;
}

function bytesOf(text: string): Buffer {
  let value = 0n;
  for (const char of text) value = value * 62n + BigInt(digits.indexOf(char));
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
