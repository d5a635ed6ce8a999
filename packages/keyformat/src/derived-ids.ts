import { hash as hashOnce } from 'node:crypto';

/**
 * Ids that follow from what they name, so that every process comes to the same: the client and the key of a locally
 * signed key that nobody registered (wire.md §2.5). UUIDv8 (RFC 9562 §5.8) of the first 122 bits of a SHA-256.
 *
 * @param tenant digest of the tenant's name, 32 bytes; it covers the environment.
 */
export function derivedClientId(tenant: Buffer): string {
  return uuidOf(`client\0${tenant.toString('hex')}`);
}

/** @param digest of the key, as text. */
export function derivedKeyId(environmentId: string, digest: string): string {
  return uuidOf(`key\0${environmentId}\0${digest}`);
}

function uuidOf(text: string): string {
  const hex = hashOnce('sha256', text, 'hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
