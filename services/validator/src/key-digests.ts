import type { EnvironmentRecord } from '@keyward/contract/projection';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { type DigestDomain, digestOfHash, hashOfKey } from '@keyward/keyformat/key-digest';
import type { Pepper } from '@keyward/keyformat/pepper';
import { LRUCache } from 'lru-cache';
import type { ImportedKeys } from './imported-keys.ts';

interface KeyDigestsOptions {
  pepper: Pepper;
  imported: ImportedKeys;
  /** How many digests are kept in the process. */
  size: number;
}

/**
 * The digests that keys are looked up by, as text. Those of keys that are known are kept by the key's hash, at half of what making
 * them costs; of others nothing is kept, so that nobody can fill it with guesses.
 */
export class KeyDigests {
  readonly #pepper: Pepper;
  readonly #imported: ImportedKeys;
  readonly #learned: LRUCache<string, string>;

  constructor({ pepper, imported, size }: KeyDigestsOptions) {
    this.#pepper = pepper;
    this.#imported = imported;
    this.#learned = new LRUCache({ max: size });
  }

  /** undefined: it cannot be a key of ours. */
  of(domain: DigestDomain, raw: string): string | undefined {
    const hash = hashOf(raw);
    return hash && (this.#learned.get(domain + hash) ?? this.#digest(domain, hash));
  }

  /** This key is known, and will be asked about again. */
  learn(domain: DigestDomain, raw: string): void {
    const hash = hashOf(raw);
    if (hash) this.#learned.set(domain + hash, this.#digest(domain, hash));
  }

  /** All that a customer's key may be known by: as one of ours first, then as one that was imported. Mostly it is one. */
  ofCustomer(environment: EnvironmentRecord, raw: string): string[] {
    const own = this.of('customer', raw);
    return [...(own === undefined ? [] : [own]), ...this.#imported.digests(environment, raw)];
  }

  #digest(domain: DigestDomain, hash: string): string {
    const pepper = this.#pepper;
    return digestOfHash({ pepper, domain, hash: Buffer.from(hash, 'base64url') }).toString('base64url');
  }
}

function hashOf(raw: string): string | undefined {
  const key = canonicalKey(raw);
  return key && hashOfKey(key.canonical).toString('base64url');
}
