import { expect, test } from 'vitest';
import { parseEnvelopeV2 } from '../../src/v2/wire.ts';

const good = {
  v: '2',
  kid: 'k-1_A',
  ts: '2026-11-01T00:00:00.123456Z',
  epk: Buffer.alloc(32, 7).toString('base64url'),
  iv: Buffer.alloc(12, 7).toString('base64url'),
  ct: Buffer.alloc(16, 7).toString('base64url'),
};

test.each([
  [{}],
  [{ ts: '2026-11-01T00:00:00Z' }],
  [{ ts: '2026-11-01T00:00:00+02:00' }],
  [{ kid: 'k'.repeat(64) }],
  [{ more: 1 }],
])('reads %j', (over) => {
  expect(parseEnvelopeV2({ ...good, ...over })).toBeDefined();
});

test.each([
  [{ v: '1' }],
  [{ v: 2 }],
  [{ kid: undefined }],
  [{ kid: 'a b' }],
  [{ kid: '' }],
  [{ kid: 'k'.repeat(65) }],
  [{ kid: 7 }],
  [{ ts: undefined }],
  [{ ts: '2026-11-01 00:00:00Z' }],
  [{ ts: '2026-11-01T00:00:00' }],
  [{ ts: '2026-11-01T00:00:00Z x' }],
  [{ ts: 1_793_491_200 }],
  [{ epk: Buffer.alloc(31).toString('base64url') }],
  [{ epk: `${good.epk}=` }],
  [{ iv: Buffer.alloc(13).toString('base64url') }],
  [{ ct: Buffer.alloc(15).toString('base64url') }],
  [{ ct: undefined }],
])('reads no envelope in %j', (over) => {
  expect(parseEnvelopeV2({ ...good, ...over })).toBeUndefined();
});

test('reads none in what is no object, or holds more than the limit', () => {
  for (const body of [null, undefined, 'text', 7, []]) expect(parseEnvelopeV2(body)).toBeUndefined();
  expect(parseEnvelopeV2(good, { maxCtBytes: 15 })).toBeUndefined();
  expect(parseEnvelopeV2(good, { maxCtBytes: 16 })).toBeDefined();
});
