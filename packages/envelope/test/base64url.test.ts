import { expect, test } from 'vitest';
import { decodeBetween, decodeExact } from '../src/base64url.ts';

test('bytes of every length come back, and no other length is taken', () => {
  for (let length = 0; length < 100; length++) {
    const bytes = Buffer.alloc(length, 0xfb);
    const text = bytes.toString('base64url');
    expect(decodeExact(text, length)).toEqual(bytes);
    expect(decodeExact(text, length + 1)).toBeUndefined();
    expect(decodeExact(text, length - 1)).toBeUndefined();
  }
});

test.each<[string, unknown]>([
  ['padding', '-_8='],
  ['standard base64', '+/8'],
  ['half of it standard', '-/8'],
  ['non-zero trailing bits', '-_9'],
  ['a blank', '-_ '],
  ['a line feed in place of a character', '-\n8'],
  ['a character that is not ASCII', '-é8'],
  ['a number', 123],
  ['nothing', undefined],
  ['null', null],
  ['a list of one text', ['-_8']],
])('%s is refused', (_, text) => {
  expect(decodeExact('-_8', 2)).toEqual(Buffer.of(0xfb, 0xff));
  expect(decodeExact(text, 2)).toBeUndefined();
});

test('of all last characters only those with zero trailing bits are taken', () => {
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const taken = (head: string, bytes: number) => [...characters].filter((last) => decodeExact(head + last, bytes));
  expect(taken('A', 1)).toEqual([...'AQgw']);
  expect(taken('AA', 2)).toEqual([...'AEIMQUYcgkosw048']);
  expect(taken('AAA', 3)).toHaveLength(64);
});

test('bounds hold on both sides', () => {
  const taken = [14, 15, 16, 17, 18, 19, 20, 21].filter((length) =>
    decodeBetween(Buffer.alloc(length).toString('base64url'), { minBytes: 16, maxBytes: 19 }),
  );
  expect(taken).toEqual([16, 17, 18, 19]);
});
