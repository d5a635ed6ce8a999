export type DerivedKey = {
  kid: string;
  epk: Buffer;
  aesKey: Buffer;
  /** End of life of the server key, unix milliseconds; null when it is open. */
  notAfterMs: number | null;
};

/**
 * The AES keys of sessions by (kid, epk), least recently used out first. `openV1` only reads it: whoever opens an envelope
 * remembers its key once the server key inside was accepted, so that strangers cannot fill the cache (design.md §2).
 */
export class DerivedKeyCache {
  readonly #maxEntries: number;
  /** A Map keeps the order of insertion: the first entry is the least recently used. */
  readonly #entries = new Map<string, DerivedKey>();

  constructor({ maxEntries }: { maxEntries: number }) {
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw new RangeError('maxEntries is a positive integer');
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  remember(derived: DerivedKey): void {
    const name = nameOf(derived);
    this.#entries.delete(name);
    this.#entries.set(name, derived);
    if (this.#entries.size <= this.#maxEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** The AES key remembered for (kid, epk), unless its server key's life is over at `nowMs`. */
  recall({ kid, epk, nowMs }: { kid: string; epk: Buffer; nowMs: number }): Buffer | undefined {
    const name = nameOf({ kid, epk });
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    if (entry.notAfterMs !== null && entry.notAfterMs <= nowMs) return undefined;
    this.#entries.set(name, entry);
    return entry.aesKey;
  }
}

/** `epk` has a fixed length, so that no two pairs give one name. */
function nameOf({ kid, epk }: { kid: string; epk: Buffer }): string {
  return epk.toString('latin1') + kid;
}
