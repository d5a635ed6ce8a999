import type { Writable } from 'node:stream';

/** Writes JSON lines; those of one turn of the event loop leave as one chunk. */
export class LineWriter {
  readonly #out: Writable;
  #waiting = '';

  constructor(out: Writable) {
    this.#out = out;
  }

  write(value: unknown): void {
    if (this.#waiting === '') setImmediate(() => this.#flush());
    this.#waiting += `${JSON.stringify(value)}\n`;
  }

  /** What still waits leaves with the end. */
  end(): void {
    this.#out.end(this.#waiting);
    this.#waiting = '';
  }

  #flush(): void {
    if (this.#waiting !== '') this.#out.write(this.#waiting);
    this.#waiting = '';
  }
}
