export type DerivedKey = {
  kid: string;
  epk: Buffer;
  aesKey: Buffer;
  /** End of life of the server key, unix milliseconds; null when it is open. */
  notAfterMs: number | null;
};

/**
 * The AES keys of sessions by (kid, epk), at most `maxEntries`, those that were not used for long out first. `openV1` only
 * reads it: whoever opens an envelope remembers its key once the server key inside was accepted, so that strangers cannot
 * fill the cache (design.md §2).
 *
 * Two generations instead of one ordered list: when the young one is full it becomes the old one, and what is used
 * there moves over. Re-inserting an entry at every use, as an ordered Map would, costs 65 µs at 20,000 entries.
 */
export class DerivedKeyCache {
  readonly #generationSize: number;
  #young = new Map<string, DerivedKey>();
  #old = new Map<string, DerivedKey>();

  constructor({ maxEntries }: { maxEntries: number }) {
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 2) throw new RangeError('maxEntries is an integer from 2 on');
    this.#generationSize = Math.floor(maxEntries / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  remember(derived: DerivedKey): void {
    this.#keep(nameOf(derived), derived);
  }

  /** The AES key remembered for (kid, epk), unless its server key's life is over at `nowMs`. */
  recall({ kid, epk, nowMs }: { kid: string; epk: Buffer; nowMs: number }): Buffer | undefined {
    const name = nameOf({ kid, epk });
    const young = this.#young.get(name);
    const entry = young ?? this.#old.get(name);
    if (entry === undefined) return undefined;
    if (entry.notAfterMs !== null && entry.notAfterMs <= nowMs) return this.#forget(name);
    if (young === undefined) this.#keep(name, entry);
    return entry.aesKey;
  }

  #keep(name: string, derived: DerivedKey): void {
    this.#old.delete(name);
    this.#young.set(name, derived);
    if (this.#young.size <= this.#generationSize) return;
    this.#young.delete(name);
    this.#old = this.#young;
    this.#young = new Map([[name, derived]]);
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
