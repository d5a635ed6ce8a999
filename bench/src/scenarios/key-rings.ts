import { randomBytes } from 'node:crypto';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { issueSignedKey, printSignedKey } from '@keyward/keyformat/signed-key';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Environment, Template } from '../stack/environment.ts';

/**
 * Keys of clients whose limits nobody reaches, or are used up; of the form of ours that nobody knows; signed with a secret that
 * is not the environment's; and as long as a key may be, signed so as well.
 */
export type KeyRing = Template | 'unknown' | 'forged' | 'junk';

const longestPayloadBytes = 3_000; // which are some 4,030 characters in base62

/** Hands out keys. Those of clients are made once, and used again; nobody has seen one of the others before. */
export class KeyRings {
  readonly #environment: Environment;
  readonly #progress: (text: string) => void;
  readonly #made: Record<Template, string[]> = { plenty: [], 'used up': [] };

  constructor(environment: Environment, progress: (text: string) => void) {
    this.#environment = environment;
    this.#progress = progress;
  }

  async take(ring: KeyRing, count: number): Promise<readonly string[]> {
    if (ring === 'plenty' || ring === 'used up') return await this.#ofClients(ring, count);
    const secret = newId();
    return Array.from({ length: count }, () => strangeKey(ring, secret));
  }

  async #ofClients(template: Template, count: number): Promise<readonly string[]> {
    const made = this.#made[template];
    const missing = count - made.length;
    if (missing > 0) this.#progress(`making ${missing} clients …`);
    if (missing > 0) made.push(...(await this.#environment.addClients(missing, template)));
    return made.slice(0, count);
  }
}

function strangeKey(ring: Exclude<KeyRing, Template>, secret: string): string {
  switch (ring) {
    case 'unknown':
      return issueOpaqueKey('key');
    case 'forged':
      return issueSignedKey({
        claims: { tid: newId(), scp: [], env: 'production' },
        secret,
        nowMs: systemClock.nowMs(),
      }).key;
    case 'junk':
      return printSignedKey(Buffer.concat([Buffer.of(1), randomBytes(longestPayloadBytes)]), secret);
  }
}
