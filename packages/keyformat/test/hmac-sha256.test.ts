import { expect, test } from 'vitest';
import { hmacSha256 } from '../src/hmac-sha256.ts';
import { wycheproof } from './wycheproof.ts';

type Group = {
  tagSize: number;
  tests: { tcId: number; key: string; msg: string; tag: string; result: 'valid' | 'invalid' }[];
};

wycheproof<Group>('hmac_sha256_test.json', (groups) => {
  test('Wycheproof HMAC-SHA-256: the tag is ours exactly when the vector is valid', () => {
    let vectors = 0;
    for (const { tagSize, tests } of groups) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const mac = hmacSha256(Buffer.from(key, 'hex'), Buffer.from(msg, 'hex')).subarray(0, tagSize / 8);
        expect(mac.toString('hex') === tag, `tcId ${tcId}`).toBe(result === 'valid');
        vectors++;
      }
    }
    expect(vectors).toBe(174);
  });
});

test('parts of a message are hashed one after the other, texts as UTF-8', () => {
  expect(hmacSha256('k\u00e9', 'a\0', Buffer.from('b'))).toEqual(
    hmacSha256(Buffer.from('k\u00e9'), Buffer.from('a\0b')),
  );
});
