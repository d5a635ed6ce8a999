import type { EnvironmentRecord, KeyRecord } from '@keyward/contract/projection';
import type { DecisionStore, KeyLookup } from '@keyward/stores/ports/decision-store';
import { LRUCache } from 'lru-cache';

/** Where a key is looked for. */
type Place = Pick<EnvironmentRecord, 'environmentId' | 'within'>;

/**
 * The key records that this process has seen. Only known keys are kept, so nobody can fill it with guesses, and a key
 * that is made now is found at once. Requests that miss the same key share reads.
 */
export class KeyRecords {
  readonly #store: DecisionStore;
  readonly #known: LRUCache<string, KeyRecord>;
  readonly #reading = new Map<string, Promise<KeyLookup>>();

  constructor(store: DecisionStore, size: number) {
    this.#store = store;
    this.#known = new LRUCache({ max: size, maxSize: size, sizeCalculation: weightOf });
  }

  /** A record that this process holds; whether it is current, the script says. */
  held(environmentId: string, digest: string): KeyRecord | undefined {
    return this.#known.get(`${environmentId}:${digest}`);
  }

  /** Asks the store. That a key is unknown is taken only from a read that began after this call. */
  async read({ environmentId, within }: Place, digest: string): Promise<KeyLookup> {
    const id = `${environmentId}:${digest}`;
    const earlier = await this.#reading.get(id);
    if (earlier?.record) return earlier;
    const reading = this.#reading.get(id) ?? this.#read(id, () => this.#store.readKey(environmentId, digest, within));
    this.#reading.set(id, reading);
    return reading;
  }

  forget(environmentId: string, digest: string): void {
    this.#known.delete(`${environmentId}:${digest}`);
  }

  async #read(id: string, ask: () => Promise<KeyLookup>): Promise<KeyLookup> {
    try {
      const lookup = await ask();
      if (lookup.record) this.#known.set(id, lookup.record);
      return lookup;
    } finally {
      this.#reading.delete(id);
    }
  }
}

/** A text in a list, with what holds it there. */
const itemBytes = 50;

/** About a kilobyte is one, so that metadata of 4 kB, or a client's list of 10,000 ranges in each of its keys, cannot take many times the memory that the records may. */
function weightOf({ details = '', clientIps, keyIps, scopes }: KeyRecord): number {
  const items = clientIps.length + keyIps.length + scopes.length;
  return 1 + Math.floor((details.length + items * itemBytes) / 1_000);
}
