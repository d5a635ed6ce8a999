import type { Writable } from 'node:stream';

/** Writes JSON lines; those of one turn of the event loop leave in one packet. */
export class LineWriter {
  readonly #out: Writable;
  #corked = false;

  constructor(out: Writable) {
    this.#out = out;
  }

  write(value: unknown): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#out.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#out.uncork();
      });
    }
    this.#out.write(`${JSON.stringify(value)}\n`);
  }
}
