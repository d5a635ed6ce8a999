import { HttpFailure } from './http-client.ts';

/**
 * The index after the empty line that ends a head, or -1 when it has not come yet. Looks at the bytes from `from` on.
 *
 * "A recipient of such a bare CR MUST consider that element to be invalid", RFC 9112, 2.2; a bare LF MAY be a line's end there, and is
 * refused here, since those that take it and those that do not see two different heads.
 *
 * @throws {HttpFailure} protocol, at a CR or an LF alone
 */
export function findHeadEnd(data: Uint8Array, from: number): number {
  for (let i = from; i < data.length; i += 1) {
    const isAfterCr = i > 0 && data[i - 1] === cr;
    if ((data[i] === lf) !== isAfterCr) throw new HttpFailure('protocol', 'the answer has a bare CR or LF in its head');
    if (isAfterCr && data[i - 2] === lf) return i + 1;
  }
  return -1;
}

const cr = 0x0d;
const lf = 0x0a;
