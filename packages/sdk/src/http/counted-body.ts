import type { BodyBytes } from './body-bytes.ts';

/** A body of so many bytes; of `Infinity`, if it is ended by the connection. */
export class CountedBody {
  readonly #bytes: BodyBytes;
  #left: number;

  constructor(bytes: BodyBytes, length: number) {
    this.#bytes = bytes;
    this.#left = length;
  }

  get isWhole(): boolean {
    return this.#left === 0;
  }

  /** Takes bytes from `from` on; answers where it stopped: at the end of the data, or of the body. @throws {HttpFailure} protocol */
  read(data: Buffer, from: number): number {
    const to = Math.min(from + this.#left, data.length);
    this.#bytes.add(data, from, to);
    this.#left -= to - from;
    return to;
  }
}
