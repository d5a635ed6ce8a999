import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { type DigestDomain, digestOfHash, hashOfKey, keyDigest } from '../src/key-digest.ts';
import { vectors } from './vectors.ts';

const pepper = Buffer.alloc(32, 7);
const canonical = vectors.A.key;

test('the hash of a key is its SHA-256 as published', () => {
  expect(hashOfKey(canonical).toString('hex')).toBe('90027404b6d12a0aea463f5a4980ace6798ab8d4021521cebb682348609bdb6d');
});

test('the digest is HMAC-SHA-256 over domain, zero byte and hash', () => {
  const message = Buffer.concat([Buffer.from('customer\0'), hashOfKey(canonical)]);
  const expected = createHmac('sha256', pepper).update(message).digest();
  expect(keyDigest({ pepper, domain: 'customer', canonical })).toEqual(expected);
  expect(digestOfHash({ pepper, domain: 'customer', hash: hashOfKey(canonical) })).toEqual(expected);
});

test('domains, keys and peppers give unrelated digests', () => {
  const domains: DigestDomain[] = ['customer', 'server', 'account', 'session'];
  const digests = domains.map((domain) => keyDigest({ pepper, domain, canonical }).toString('hex'));
  digests.push(keyDigest({ pepper, domain: 'customer', canonical: `${canonical}a` }).toString('hex'));
  digests.push(keyDigest({ pepper: Buffer.alloc(32, 8), domain: 'customer', canonical }).toString('hex'));
  expect(new Set(digests).size).toBe(6);
});

test('an empty pepper and a hash of another length are refused', () => {
  expect(() => keyDigest({ pepper: Buffer.alloc(0), domain: 'customer', canonical })).toThrow(RangeError);
  for (const bytes of [0, 31, 33]) {
    expect(() => digestOfHash({ pepper, domain: 'customer', hash: Buffer.alloc(bytes) })).toThrow(RangeError);
  }
});
