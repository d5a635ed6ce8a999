import type { Claims } from '../keys/key-claims.ts';

/** What the server is told of whom a key is for. A client that is there already keeps what it has. */
export interface NewClient {
  /** The client's name; the tenant unless it is said. */
  name?: string | undefined;
  clientType?: 'person' | 'company' | 'service' | 'device' | 'internal' | undefined;
  /** The name of the key; the tenant's with `-key` after it unless it is said. */
  keyName?: string | undefined;
  templateId?: string | undefined;
  ipWhitelist?: string[] | undefined;
}

/** The body of wire.md §2.5: the server learns how to know the key, and not the key. */
export function newClientText(
  { name, clientType = 'service', keyName, templateId, ipWhitelist }: NewClient,
  { claims, sha256 }: { claims: Claims; sha256: string },
): string {
  const { id, tenant, scopes, expiresAt, meta } = claims;
  return JSON.stringify({
    name: name ?? tenant,
    type: clientType,
    templateId,
    ipWhitelist,
    metadata: meta,
    keys: [{ name: keyName ?? `${tenant}-key`, scopes, expiresAt: expiresAt?.toISOString(), claimedId: id, sha256 }],
  });
}
