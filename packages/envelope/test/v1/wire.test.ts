import { expect, test } from 'vitest';
import { parseEnvelopeV1, printEnvelopeV1 } from '../../src/v1/wire.ts';
import { parsed, vector } from '../fixtures.ts';

const good: { v: string; epk: string; iv: string; ct: string } = JSON.parse(vector.body);

test('an envelope prints as it was read, in the order of the wire', () => {
  expect(JSON.stringify(printEnvelopeV1(parsed({ ct: good.ct, iv: good.iv, epk: good.epk, v: '1' })))).toBe(
    vector.body,
  );
});

test('further fields are ignored', () => {
  expect(parseEnvelopeV1({ ...good, kid: 'x', more: 1 })).toEqual(parsed(good));
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', vector.body],
  ['a list', [good]],
  ['no version', { ...good, v: undefined }],
  ['version 2', { ...good, v: '2' }],
  ['a version that is a number', { ...good, v: 1 }],
  ['no epk', { ...good, epk: undefined }],
  ['no iv', { ...good, iv: undefined }],
  ['no ct', { ...good, ct: undefined }],
  ['an epk that is a number', { ...good, epk: 7 }],
  ['an epk that is an object with a length', { ...good, epk: { length: 43 } }],
  ['an epk of 31 bytes', { ...good, epk: Buffer.alloc(31).toString('base64url') }],
  ['an epk of 33 bytes', { ...good, epk: Buffer.alloc(33).toString('base64url') }],
  ['an epk of a megabyte', { ...good, epk: 'A'.repeat(1_000_000) }],
  ['an epk with padding', { ...good, epk: `${good.epk}=` }],
  ['an epk in standard base64', { ...good, epk: good.epk.replaceAll('_', '/').replaceAll('-', '+') }],
  ['an epk with trailing bits', { ...good, epk: `${good.epk.slice(0, -1)}B` }],
  ['an iv of 11 bytes', { ...good, iv: Buffer.alloc(11).toString('base64url') }],
  ['an iv of 16 bytes', { ...good, iv: Buffer.alloc(16).toString('base64url') }],
  ['an iv of a megabyte', { ...good, iv: 'A'.repeat(1_000_000) }],
  ['a ct of 15 bytes, less than the tag', { ...good, ct: Buffer.alloc(15).toString('base64url') }],
  ['a ct with padding', { ...good, ct: `${good.ct}==` }],
  ['a ct in standard base64', { ...good, ct: good.ct.replaceAll('_', '/').replaceAll('-', '+') }],
  ['an empty ct', { ...good, ct: '' }],
])('%s is refused', (_, body) => {
  expect(parseEnvelopeV1(body)).toBeUndefined();
});

test('the cap on ct is a mebibyte unless the reader sets one', () => {
  const ct = (bytes: number) => ({ ...good, ct: Buffer.alloc(bytes).toString('base64url') });
  expect(parseEnvelopeV1(ct(1_048_576))?.ct).toHaveLength(1_048_576);
  expect(parseEnvelopeV1(ct(1_048_577))).toBeUndefined();
  expect(parseEnvelopeV1(ct(100), { maxCtBytes: 100 })?.ct).toHaveLength(100);
  expect(parseEnvelopeV1(ct(101), { maxCtBytes: 100 })).toBeUndefined();
});
