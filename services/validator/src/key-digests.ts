import type { EnvironmentRecord } from '@keyward/contract/projection';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { type DigestDomain, keyDigest } from '@keyward/keyformat/key-digest';
import type { Pepper } from '@keyward/keyformat/pepper';
import type { ImportedKeys } from './imported-keys.ts';

interface KeyDigestsOptions {
  pepper: Pepper;
  imported: ImportedKeys;
}

/** The digests that keys are looked up by, as text. */
export class KeyDigests {
  readonly #pepper: Pepper;
  readonly #imported: ImportedKeys;

  constructor({ pepper, imported }: KeyDigestsOptions) {
    this.#pepper = pepper;
    this.#imported = imported;
  }

  /** undefined: it cannot be a key of ours. */
  of(domain: DigestDomain, raw: string): string | undefined {
    const key = canonicalKey(raw);
    return key && keyDigest({ pepper: this.#pepper, domain, canonical: key.canonical }).toString('base64url');
  }

  /** All that a customer's key may be known by: as one of ours first, then as one that was imported. Mostly it is one. */
  ofCustomer(environment: EnvironmentRecord, raw: string): string[] {
    const own = this.of('customer', raw);
    return [...(own === undefined ? [] : [own]), ...this.#imported.digests(environment, raw)];
  }
}
