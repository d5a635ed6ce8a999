import type { EnvironmentRecord } from '@keyward/contract/projection';
import { SecretBox } from '@keyward/kit/secret-box';

/** Opens the signing secrets of environments, once for each record: records are kept, and never changed in place. */
export class SigningSecrets {
  readonly #box: SecretBox;
  readonly #opened = new WeakMap<EnvironmentRecord['signingSecrets'], readonly string[]>();

  /** @param projectionKey 32 bytes in base64. */
  constructor(projectionKey: string) {
    this.#box = new SecretBox(projectionKey);
  }

  of({ signingSecrets }: EnvironmentRecord): readonly string[] {
    const known = this.#opened.get(signingSecrets);
    if (known) return known;
    const opened = signingSecrets.map(({ id, sealed }) => this.#box.open(Buffer.from(sealed, 'base64url'), id));
    this.#opened.set(signingSecrets, opened);
    return opened;
  }
}
