import * as node from 'node:crypto';
import { printHex as nodePrintHex, readHex as nodeReadHex } from '@keyward/keyformat/hex';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printHex, readHex } from '../../src/edge/hex.ts';
import * as edge from '../../src/edge/node-crypto.ts';
import { runtime as edgeRuntime } from '../../src/edge/runtime.ts';
import { runtime as nodeRuntime } from '../../src/node/runtime.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const data = fc.oneof(bytes, fc.string({ unit: 'binary', maxLength: 100 }));
const runs = { numRuns: 200, seed: 7 };

/** keyformat has to come to the same on every runtime. */
describe('what stands in for node:crypto on the edge', () => {
  it('hashes as Node does', () => {
    fc.assert(
      fc.property(data, (text) => {
        expect(edge.hash('sha256', text, 'hex')).toBe(node.hash('sha256', text, 'hex'));
        expect(nodePrintHex(edge.hash('sha256', text, 'buffer'))).toBe(node.hash('sha256', text, 'hex'));
      }),
      runs,
    );
  });

  it('authenticates as Node does, also with keys longer than a block', () => {
    fc.assert(
      fc.property(data, fc.array(data, { maxLength: 3 }), (key, parts) => {
        const [one, other] = [edge.createHmac('sha256', key), node.createHmac('sha256', key)];
        for (const part of parts) {
          one.update(part);
          other.update(part);
        }
        expect(nodePrintHex(one.digest())).toBe(other.digest('hex'));
      }),
      runs,
    );
  });

  it('compares as Node does', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 0, max: 255 }), (one, at, value) => {
        const other = one.map((byte, index) => (index === at % one.length ? value : byte));
        expect(edge.timingSafeEqual(one, other)).toBe(node.timingSafeEqual(one, other));
      }),
      runs,
    );
    expect(() => edge.timingSafeEqual(new Uint8Array(1), new Uint8Array(2))).toThrow(RangeError);
  });

  it('draws as many bytes as were asked for, never the same', () => {
    expect(new Set(Array.from({ length: 100 }, () => printHex(edge.randomBytes(10)))).size).toBe(100);
    expect(edge.randomBytes(10)).toHaveLength(10);
  });

  it('reads and writes hex as node:buffer does', () => {
    fc.assert(
      fc.property(bytes, (one) => {
        expect(printHex(one)).toBe(nodePrintHex(one));
        expect(printHex(readHex(printHex(one)))).toBe(printHex(nodeReadHex(nodePrintHex(one))));
      }),
      runs,
    );
  });

  it('makes the fingerprint of a key that Node makes', () => {
    fc.assert(
      fc.property(bytes, (key) => {
        expect(edgeRuntime.fingerprint(key)).toBe(nodeRuntime.fingerprint(key));
      }),
      runs,
    );
  });
});
