import { addField } from './answer-head.ts';
import type { BodyBytes } from './body-bytes.ts';
import { HttpFailure } from './http-client.ts';

/** A body in chunks (RFC 9112, 7.1), cut from the stream wherever it was split. */
export class ChunkedBody {
  readonly #bytes: BodyBytes;
  #next: 'size' | 'data' | 'data-end' | 'trailer' | 'nothing' = 'size';
  /** Bytes that the chunk under way still has. */
  #left = 0;
  /** The line under way, as far as it has come. */
  #line = '';
  #trailerBytes = 0;

  constructor(bytes: BodyBytes) {
    this.#bytes = bytes;
  }

  get isWhole(): boolean {
    return this.#next === 'nothing';
  }

  /** Takes bytes from `from` on; answers where it stopped: at the end of the data, or of the body. @throws {HttpFailure} protocol */
  read(data: Buffer, from: number): number {
    let at = from;
    while (at < data.length && this.#next !== 'nothing') {
      at = this.#next === 'data' ? this.#readData(data, at) : this.#readLine(data, at);
    }
    return at;
  }

  #readData(data: Buffer, from: number): number {
    const to = Math.min(from + this.#left, data.length);
    this.#bytes.add(data, from, to);
    this.#left -= to - from;
    if (this.#left === 0) this.#next = 'data-end';
    return to;
  }

  #readLine(data: Buffer, from: number): number {
    const end = data.indexOf(lf, from) + 1;
    const to = end === 0 ? data.length : end;
    if (to - from + this.#line.length > maxLineBytes) throw malformed();
    this.#line += data.toString('latin1', from, to);
    if (this.#next === 'data-end' && !'\r\n'.startsWith(this.#line)) throw malformed();
    if (end === 0) return to;
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r\n')) throw malformed();
    this.#takeLine(line.slice(0, -2));
    return to;
  }

  #takeLine(line: string): void {
    if (this.#next === 'size') this.#takeSize(line);
    else if (this.#next === 'data-end') this.#next = 'size';
    else if (line === '') this.#next = 'nothing';
    else this.#takeTrailer(line);
  }

  #takeSize(line: string): void {
    const size = chunkSize.exec(line);
    if (size === null) throw malformed();
    this.#left = Number.parseInt(size[1] ?? '', 16);
    this.#next = this.#left === 0 ? 'trailer' : 'data';
  }

  /** Trailers are read over, not read: nothing that we need may stand there. */
  #takeTrailer(line: string): void {
    this.#trailerBytes += line.length + 2;
    if (this.#trailerBytes > maxTrailerBytes) throw malformed();
    addField({}, line);
  }
}

const malformed = () => new HttpFailure('protocol', 'the answer has a malformed chunk');

/** "Recipients MUST anticipate potentially large hexadecimal numerals", RFC 9112, 7.1: 12 digits are exact in a number. */
const chunkSize = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/;
const lf = 0x0a;
const maxLineBytes = 8 * 1_024;
const maxTrailerBytes = 64 * 1_024;
