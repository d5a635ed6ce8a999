import { decodeText } from './decode-text.ts';
import { HttpFailure } from './http-client.ts';

/**
 * The bytes of a body as they come: the first piece is read where it is, since it is mostly the whole, until `keep`; more pieces are copied
 * into one buffer, so that a body in a million pieces takes no more room than its bytes.
 */
export class BodyBytes {
  readonly #maxBytes: number;
  #bytes: Buffer = nothing;
  #start = 0;
  #end = 0;
  #isOwn = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws {HttpFailure} protocol, when it is too much */
  add(data: Buffer, from: number, to: number): void {
    if (from === to) return;
    if (this.#end - this.#start + to - from > this.#maxBytes) throw tooLarge(this.#maxBytes);
    if (this.#bytes === nothing) {
      this.#bytes = data;
      this.#start = from;
      this.#end = to;
      return;
    }
    this.#makeRoom(to - from);
    this.#end += data.copy(this.#bytes, this.#end, from, to);
  }

  /** What has come will be read later, when its buffer holds something else. */
  keep(): void {
    if (this.#bytes !== nothing && !this.#isOwn) this.#makeRoom(0);
  }

  /** @throws {HttpFailure} protocol, when it is not UTF-8 */
  text(): string {
    const text = this.#bytes.toString('utf8', this.#start, this.#end);
    // Node's own decoder is several times faster than a strict one, and leaves this mark where the two differ.
    return text.includes('\uFFFD') ? decodeText(this.#bytes.subarray(this.#start, this.#end)) : text;
  }

  #makeRoom(bytes: number): void {
    const length = this.#end - this.#start;
    if (this.#isOwn && this.#end + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(1_024, 2 * (length + bytes)));
    this.#bytes.copy(larger, 0, this.#start, this.#end);
    this.#bytes = larger;
    this.#start = 0;
    this.#end = length;
    this.#isOwn = true;
  }
}

export const tooLarge = (maxBytes: number) =>
  new HttpFailure('protocol', `the body of the answer is larger than ${maxBytes} bytes`);

const nothing: Buffer = Buffer.alloc(0);
