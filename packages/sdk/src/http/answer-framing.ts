import type { AnswerHead } from './answer-head.ts';
import { HttpFailure } from './http-client.ts';

/** Where the body of an answer ends. */
export type Framing = { by: 'length'; bytes: number } | { by: 'chunks' } | { by: 'close' };

/** RFC 9112, 6.3, for the methods that we use. @throws {HttpFailure} protocol */
export function framingOf({ minorVersion, status, headers }: AnswerHead): Framing {
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  if (coding !== undefined && length !== undefined) {
    // "Such a message might indicate an attempt to perform request smuggling or response splitting and ought to be handled as an error."
    throw new HttpFailure('protocol', 'the answer has both Content-Length and Transfer-Encoding');
  }
  // "A 1xx, 204 or 304 is always terminated by the first empty line after the header fields."
  if (status === 204 || status === 304) return { by: 'length', bytes: 0 };
  if (coding !== undefined) {
    // "... an HTTP/1.0 message containing a Transfer-Encoding header field MUST [be treated] as if the framing is faulty", 6.1.
    if (minorVersion === 0 || coding.toLowerCase() !== 'chunked') {
      throw new HttpFailure('protocol', 'the answer has a Transfer-Encoding that was not asked for');
    }
    return { by: 'chunks' };
  }
  return length === undefined ? { by: 'close' } : { by: 'length', bytes: lengthOf(length) };
}

/** "5, 5" is 5: "the recipient MUST either reject the message as invalid or replace the duplicated field values with a single" one. */
function lengthOf(value: string): number {
  if (lengthShape.test(value)) return Number(value);
  const [first = '', ...others] = value.split(',').map((part) => part.trim());
  if (!lengthShape.test(first) || others.some((other) => other !== first)) {
    throw new HttpFailure('protocol', 'the answer has no Content-Length that can be understood');
  }
  return Number(first);
}

const lengthShape = /^\d{1,15}$/;
