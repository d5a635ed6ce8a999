import { randomBytes, randomInt, randomUUIDv7 } from 'node:crypto';

/** A fresh id: UUIDv7 (RFC 9562 §5.7), in the order of time. */
export function newId(): string {
  return randomUUIDv7();
}

/** A secret of 32 random bytes, unpadded base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** From 0 up to, not including, 1. */
export function randomFraction(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}
