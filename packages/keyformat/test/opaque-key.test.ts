import { crc32 as zlibCrc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32 } from '../src/crc32.ts';
import { issueOpaqueKey, parseOpaqueKey } from '../src/opaque-key.ts';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

test('CRC-32 is that of node:zlib', () => {
  expect(crc32('123456789')).toBe(0xcbf43926);
  for (let i = 0; i < 200; i++) {
    const text = `sk_live_${i}`.repeat(1 + (i % 9));
    expect(crc32(text)).toBe(zlibCrc32(text));
    expect(crc32(text, 5)).toBe(zlibCrc32(text.slice(0, 5)));
  }
});

test('the tail is 30 random characters and CRC-32 over everything before, in 6 base62 digits', () => {
  for (let i = 0; i < 1000; i++) {
    const key = issueOpaqueKey('sk_live');
    expect(key).toMatch(/^sk_live_[0-9A-Za-z]{36}$/);
    let value = 0;
    for (const char of key.slice(-6)) value = value * 62 + digits.indexOf(char);
    expect(value).toBe(zlibCrc32(key.slice(0, -6)));
  }
});

test.each(['xyp', 'sk_live', 'sk_test', 'myapp_live', 'a', '9', 'a__b', 'apikees', 'a'.repeat(32)])(
  'keys with the prefix %s are issued and parse, from the end',
  (prefix) => {
    for (let i = 0; i < 50; i++) expect(parseOpaqueKey(issueOpaqueKey(prefix))).toEqual({ prefix });
  },
);

test.each(['', '_', 'a_', '_a', 'a-b', 'a.b', 'é', 'a\n', 'apikee', 'apikee_live', 'a'.repeat(33)])(
  'the prefix %j is refused',
  (prefix) => {
    expect(() => issueOpaqueKey(prefix)).toThrow(RangeError);
    const body = `${prefix}_${'a'.repeat(30)}`;
    let rest = zlibCrc32(body);
    let checksum = '';
    for (let i = 0; i < 6; i++, rest = Math.floor(rest / 62)) checksum = digits.charAt(rest % 62) + checksum;
    expect(parseOpaqueKey(body + checksum)).toBeUndefined();
  },
);

test('the checksum catches every change of a single character', () => {
  const key = issueOpaqueKey('sk_live');
  for (let at = 0; at < key.length; at++) {
    for (const char of `${digits}_`) {
      if (char === key[at]) continue;
      expect(parseOpaqueKey(`${key.slice(0, at)}${char}${key.slice(at + 1)}`)).toBeUndefined();
    }
  }
});

test('truncated, extended and foreign keys are refused', () => {
  const key = issueOpaqueKey('sk_live');
  for (let chars = 0; chars < key.length; chars++) expect(parseOpaqueKey(key.slice(0, chars))).toBeUndefined();
  for (const raw of [`${key}a`, ` ${key}`, `${key}\n`, key.repeat(100), 'a'.repeat(5000)]) {
    expect(parseOpaqueKey(raw)).toBeUndefined();
  }
});

test('every digit is as likely as every other', () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    for (const char of issueOpaqueKey('a').slice(2, 32)) counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  // 300,000 draws over 62 digits: 4,839 each, standard deviation 69. Without rejection eight digits would lead by 25 %.
  expect(counts.size).toBe(62);
  for (const [char, count] of counts) expect(Math.abs(count - 4839), char).toBeLessThan(8 * 69);
});
