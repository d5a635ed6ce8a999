import { hash as hashOnce } from 'node:crypto';

/**
 * What a tenant (the name of a client, `tid` of a key) is looked up by, 32 bytes: SHA-256 of environment and name. It
 * outlives a deleted client, and keeps its name to itself.
 */
export function tenantDigest(environmentId: string, name: string): Buffer {
  return hashOnce('sha256', `${environmentId}:${name}`, 'buffer');
}
