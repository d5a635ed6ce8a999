/** What was derived between a server key and an ephemeral one; each version of the envelope derives its own. */
export type DerivedKey<T> = {
  kid: string;
  epk: Buffer;
  derived: T;
  /** End of life of the server key, unix milliseconds; null when it is open. */
  notAfterMs: number | null;
};

/**
 * The keys of sessions by (kid, epk), at most `maxEntries`, those that were not used for long out first. `openV1` and `openV2`
 * only read it: whoever opens an envelope remembers its key once the server key inside was accepted, so that strangers cannot
 * fill the cache (design.md §2).
 *
 * Two generations instead of one ordered list: when the young one is full it becomes the old one, and what is used
 * there moves over. Re-inserting an entry at every use, as an ordered Map would, costs 65 µs at 20,000 entries.
 */
export class DerivedKeyCache<T> {
  readonly #generationSize: number;
  #young = new Map<string, DerivedKey<T>>();
  #old = new Map<string, DerivedKey<T>>();

  constructor({ maxEntries }: { maxEntries: number }) {
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 2) throw new RangeError('maxEntries is an integer from 2 on');
    this.#generationSize = Math.floor(maxEntries / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  remember(entry: DerivedKey<T>): void {
    this.#keep(nameOf(entry), entry);
  }

  /** What is remembered for (kid, epk), unless its server key's life is over at `nowMs`. */
  recall({ kid, epk, nowMs }: { kid: string; epk: Buffer; nowMs: number }): T | undefined {
    const name = nameOf({ kid, epk });
    const young = this.#young.get(name);
    const entry = young ?? this.#old.get(name);
    if (entry === undefined) return undefined;
    if (entry.notAfterMs !== null && entry.notAfterMs <= nowMs) return this.#forget(name);
    if (young === undefined) this.#keep(name, entry);
    return entry.derived;
  }

  #keep(name: string, entry: DerivedKey<T>): void {
    this.#old.delete(name);
    this.#young.set(name, entry);
    if (this.#young.size <= this.#generationSize) return;
    this.#young.delete(name);
    this.#old = this.#young;
    this.#young = new Map([[name, entry]]);
  }

  #forget(name: string): undefined {
    this.#young.delete(name);
    this.#old.delete(name);
  }
}

/** `epk` has a fixed length, so that no two pairs give one name. */
function nameOf({ kid, epk }: { kid: string; epk: Buffer }): string {
  return epk.toString('latin1') + kid;
}
