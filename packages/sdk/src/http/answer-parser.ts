import { framingOf } from './answer-framing.ts';
import { type AnswerHead, parseHead } from './answer-head.ts';
import { BodyBytes, tooLarge } from './body-bytes.ts';
import { ChunkedBody } from './chunked-body.ts';
import { CountedBody } from './counted-body.ts';
import { findHeadEnd } from './find-head-end.ts';
import { type HttpAnswer, HttpFailure } from './http-client.ts';
import { keptForMs } from './kept-for.ts';

export interface ParsedAnswer {
  answer: HttpAnswer;
  /** How long its connection may be kept, ms; 0: it has to be closed. */
  keptForMs: number;
}

/**
 * Reads one answer from the bytes of a connection, however they are split. It takes what RFC 9112 allows and little of what that
 * tolerates: what two readers may understand differently is refused, for that is how one answer is smuggled into another.
 */
export class AnswerParser {
  readonly #maxBodyBytes: number;
  /** What has come of a head that is not whole. */
  #held: Buffer = Buffer.alloc(0);
  #headBytes = 0;
  #reading: Reading | undefined;
  #hasBegun = false;

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Has any byte come? */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Takes the next bytes, which need not stay as they are; answers with what they make whole. @throws {HttpFailure} protocol */
  push(bytes: Buffer): ParsedAnswer | undefined {
    this.#hasBegun = true;
    const parsed = this.#reading === undefined ? this.#readHeads(bytes) : this.#readBody(this.#reading, bytes, 0);
    if (parsed === undefined) this.#reading?.bytes.keep();
    return parsed;
  }

  /** The other side sends no more; answers with what that makes whole, if it does. @throws {HttpFailure} protocol */
  end(): ParsedAnswer | undefined {
    return this.#reading?.endsWithConnection ? answerOf(this.#reading) : undefined;
  }

  #readHeads(bytes: Buffer): ParsedAnswer | undefined {
    let searched = this.#held.length;
    let data = searched === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    for (;;) {
      const end = findHeadEnd(data, searched);
      if (this.#headBytes + (end === -1 ? data.length : end) > maxHeadBytes) throw headTooLarge();
      if (end === -1) return this.#hold(data);
      const head = parseHead(data.toString('latin1', 0, end - 4));
      if (head.status >= 200) {
        this.#reading = this.#begin(head);
        return this.#readBody(this.#reading, data, end);
      }
      // "A client MUST be able to parse one or more 1xx responses received prior to a final response", RFC 9110, 15.2.
      if (head.status === 101)
        throw new HttpFailure('protocol', 'the answer changes to a protocol that was not asked for');
      this.#headBytes += end;
      data = data.subarray(end);
      searched = 0;
    }
  }

  #hold(data: Buffer): undefined {
    const start = data.toString('latin1', 0, beginning.length);
    if (!beginning.startsWith(start)) throw new HttpFailure('protocol', 'the answer is not HTTP/1');
    this.#held = Buffer.from(data);
  }

  #begin(head: AnswerHead): Reading {
    const framing = framingOf(head);
    const bytes = new BodyBytes(this.#maxBodyBytes);
    if (framing.by === 'chunks') return { head, bytes, body: new ChunkedBody(bytes), endsWithConnection: false };
    const length = framing.by === 'close' ? Number.POSITIVE_INFINITY : framing.bytes;
    if (framing.by === 'length' && length > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes);
    return { head, bytes, body: new CountedBody(bytes, length), endsWithConnection: framing.by === 'close' };
  }

  #readBody(reading: Reading, data: Buffer, from: number): ParsedAnswer | undefined {
    const at = reading.body.read(data, from);
    if (!reading.body.isWhole) return undefined;
    // "MUST NOT process, cache, or forward such extra data as a separate response", RFC 9112, 6.3.
    if (at < data.length) throw new HttpFailure('protocol', 'more bytes came than the answer has');
    return answerOf(reading);
  }
}

interface Reading {
  head: AnswerHead;
  bytes: BodyBytes;
  body: CountedBody | ChunkedBody;
  endsWithConnection: boolean;
}

function answerOf({ head, bytes, endsWithConnection }: Reading): ParsedAnswer {
  const answer = { status: head.status, headers: head.headers, body: bytes.text() };
  return { answer, keptForMs: endsWithConnection ? 0 : keptForMs(head) };
}

const headTooLarge = () => new HttpFailure('protocol', `the head of the answer is larger than ${maxHeadBytes} bytes`);

const beginning = 'HTTP/1.';
const maxHeadBytes = 64 * 1_024;
