const newline = 0x0a;

/** Cuts a stream of bytes into lines. No line may be longer than `maxLineBytes`: a peer must not fill our memory. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #rest: Buffer | undefined;

  constructor({ maxLineBytes }: { maxLineBytes: number }) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Calls `onLine` with each line that `chunk` completes. Throws RangeError at a line that is too long. */
  push(chunk: Buffer, onLine: (line: string) => void): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let from = 0;
    for (let to = bytes.indexOf(newline); to >= 0; to = bytes.indexOf(newline, from)) {
      this.#emit(bytes.subarray(from, to), onLine);
      from = to + 1;
    }
    if (bytes.length - from > this.#maxLineBytes) throw tooLong();
    this.#rest = from < bytes.length ? bytes.subarray(from) : undefined;
  }

  /** The stream has ended: what is left is a line, too. */
  end(onLine: (line: string) => void): void {
    if (this.#rest) this.#emit(this.#rest, onLine);
    this.#rest = undefined;
  }

  #emit(bytes: Buffer, onLine: (line: string) => void): void {
    if (bytes.length > this.#maxLineBytes) throw tooLong();
    if (bytes.length > 0) onLine(bytes.toString());
  }
}

function tooLong(): RangeError {
  return new RangeError('a line of the answer is too long');
}
