import { expect, test } from 'vitest';
import { decodeBase62, encodeBase62 } from '../src/base62.ts';
import { naiveBytes } from './published-rule.ts';
import { seeded } from './seeded.ts';

test('any bytes without leading zeros come back, and agree with naive base62, at every length', () => {
  const draw = seeded(1);
  for (let length = 1; length <= 400; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at === 0 ? 1 + draw(255) : draw(256)));
    const text = encodeBase62(bytes);
    expect(Buffer.from(decodeBase62(text) ?? [])).toEqual(Buffer.from(bytes));
    expect(naiveBytes(text)).toEqual(Buffer.from(bytes));
  }
});

test('texts at the borders of the chunks print back', () => {
  for (const length of [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 4000]) {
    for (const text of [`1${'0'.repeat(length - 1)}`, 'z'.repeat(length)]) {
      expect(encodeBase62(decodeBase62(text) ?? new Uint8Array())).toBe(text);
    }
  }
});

test('leading zero bytes and leading zero digits are lost', () => {
  expect(encodeBase62(Uint8Array.of(0, 0, 62))).toBe('10');
  expect(encodeBase62(Uint8Array.of(0, 0))).toBe('0');
  expect(encodeBase62(new Uint8Array())).toBe('');
  expect(Buffer.from(decodeBase62('00010') ?? [])).toEqual(Buffer.of(62));
  expect(decodeBase62('000')).toHaveLength(0);
});

test('foreign characters and the empty text are refused wherever they stand', () => {
  for (const foreign of ['-', '_', '.', '+', '/', '=', ' ', '\n', '\0', '\x7f', 'é', '\u0130', '😀']) {
    for (const text of [foreign, `${foreign}abcdefghij`, `abcdefgh${foreign}ij`, `abcdefghij${foreign}`]) {
      expect(decodeBase62(text)).toBeUndefined();
    }
  }
  expect(decodeBase62('')).toBeUndefined();
});
