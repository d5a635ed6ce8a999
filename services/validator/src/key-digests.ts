import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { type DigestDomain, keyDigest } from '@keyward/keyformat/key-digest';

/** The digests that keys are looked up by, as text. */
export class KeyDigests {
  readonly #pepper: Buffer;

  constructor(pepper: string) {
    this.#pepper = Buffer.from(pepper);
  }

  /** undefined: it cannot be a key of ours. */
  of(domain: DigestDomain, raw: string): string | undefined {
    const key = canonicalKey(raw);
    return key && keyDigest({ pepper: this.#pepper, domain, canonical: key.canonical }).toString('base64url');
  }
}
