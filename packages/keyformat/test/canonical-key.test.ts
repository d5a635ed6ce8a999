import { expect, test } from 'vitest';
import { decodeBase62, encodeBase62 } from '../src/base62.ts';
import { canonicalKey } from '../src/canonical-key.ts';
import { keyDigest } from '../src/key-digest.ts';
import { issueOpaqueKey } from '../src/opaque-key.ts';
import { verifySignedKey } from '../src/signed-key.ts';
import { seeded } from './seeded.ts';
import { secret, vectors } from './vectors.ts';

const pepper = Buffer.alloc(32, 7);
const digest = (canonical: string) => keyDigest({ pepper, domain: 'customer', canonical });

test.each(Object.values(vectors).map(({ key }) => key))(
  '%s has one identity, however many zeros lead its parts',
  (key) => {
    const [payload = '', signature = ''] = key.slice('apikee_'.length).split('.');
    const draw = seeded(3);
    for (let round = 0; round < 50; round++) {
      const respelt = `apikee_${'0'.repeat(draw(80))}${payload}.${'0'.repeat(draw(80))}${signature}`;
      const canonical = canonicalKey(respelt)?.canonical ?? '';
      expect(canonical).toBe(key);
      expect(digest(canonical)).toEqual(digest(key));
      expect(verifySignedKey(respelt, [secret])?.canonical).toBe(key);
    }
  },
);

test('the canonical form is that of decode and re-encode', () => {
  const draw = seeded(4);
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const text = (chars: number) => Array.from({ length: chars }, () => digits.charAt(draw(62))).join('');
  for (let round = 0; round < 500; round++) {
    const [payload, signature] = [`0${text(1 + draw(200))}1`, `00${text(draw(42))}1`];
    const reprint = (part: string) => encodeBase62(decodeBase62(part) ?? new Uint8Array());
    const canonical = `apikee_${reprint(payload)}.${reprint(signature)}`;
    expect(canonicalKey(`apikee_${payload}.${signature}`)).toEqual({ kind: 'signed', canonical });
  }
});

test('an opaque key is its own canonical form and says its prefix', () => {
  const key = issueOpaqueKey('myapp_live');
  expect(canonicalKey(key)).toEqual({ kind: 'opaque', canonical: key, prefix: 'myapp_live' });
});

test('what begins with apikee_ is never taken for an opaque key', () => {
  const body = issueOpaqueKey('x').slice(2);
  expect(canonicalKey(`apikee_${body}`)).toBeUndefined();
  expect(canonicalKey(`apikee_x_${body}`)).toBeUndefined();
});
