import type { EnvironmentRecord } from '@keyward/contract/projection';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { importedKeyDigest, isImportedKey } from '@keyward/keyformat/imported-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import type { Pepper } from '@keyward/keyformat/pepper';
import { SecretBox } from '@keyward/kit/secret-box';

interface ImportedKeysOptions {
  pepper: Pepper;
  /** 32 bytes in base64. */
  projectionKey: string;
}

interface KeySource {
  id: string;
  prefixes: readonly string[];
  /** Without it the other system's hash is SHA-256. */
  secret: string | undefined;
}

/** Keys that another system has made: only what begins as the environment says is looked at, and digested for each of its systems. */
export class ImportedKeys {
  readonly #pepper: Pepper;
  readonly #box: SecretBox;
  readonly #opened = new WeakMap<NonNullable<EnvironmentRecord['keyImports']>, readonly KeySource[]>();

  constructor({ pepper, projectionKey }: ImportedKeysOptions) {
    this.#pepper = pepper;
    this.#box = new SecretBox(projectionKey);
  }

  digests(environment: EnvironmentRecord, raw: string): string[] {
    const found = new Set<string>();
    for (const source of this.#sources(environment)) {
      if (!isImportedKey(raw, source.prefixes)) continue;
      const digest = this.#digest(source, raw);
      if (digest) found.add(digest.toString('base64url'));
    }
    return [...found];
  }

  /** One in the form of ours has that digest anyway. */
  #digest({ id, secret }: KeySource, raw: string): Buffer | undefined {
    const pepper = this.#pepper;
    if (secret !== undefined) return importedKeyDigest({ pepper, importId: id, secret, raw });
    return canonicalKey(raw) ? undefined : keyDigest({ pepper, domain: 'customer', canonical: raw });
  }

  /** Opened once for each record: records are kept, and never changed in place. */
  #sources({ keyImports = none }: EnvironmentRecord): readonly KeySource[] {
    const known = this.#opened.get(keyImports);
    if (known) return known;
    const opened = keyImports.map(({ id, prefixes, sealed }) => ({
      id,
      prefixes,
      secret: sealed === undefined ? undefined : this.#box.open(Buffer.from(sealed, 'base64url'), id),
    }));
    this.#opened.set(keyImports, opened);
    return opened;
  }
}

const none: NonNullable<EnvironmentRecord['keyImports']> = [];
