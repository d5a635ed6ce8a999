import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeBase62 } from '../src/base62.ts';
import { canonicalKey } from '../src/canonical-key.ts';
import { type KeyClaims, printClaims, readClaims } from '../src/claims.ts';
import { issueSignedKey, parseSignedKey, printSignedKey, verifySignedKey } from '../src/signed-key.ts';
import { publishedSdkAccepts } from './published-rule.ts';
import { secret, vectors } from './vectors.ts';

const key = vectors.A.key;
const options = { claims: { tid: 'acme', scp: ['read'], env: 'production' }, secret, nowMs: 1_767_225_600_000 };
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('the vectors of wire.md §1', () => {
  test.each(Object.entries(vectors))('%s verifies, also with a leading zero byte in its signature', (_, vector) => {
    const verified = verifySignedKey(vector.key, [secret]);
    expect(verified).toEqual({ claims: vector.claims, canonical: vector.key, secretIndex: 0 });
    const signature = parseSignedKey(vector.key)?.signature() ?? [];
    expect(signature).toHaveLength(32);
    if (vector.hmac !== undefined) expect(Buffer.from(signature).toString('hex')).toBe(vector.hmac);
  });

  test.each(Object.entries(vectors))('%s prints bit for bit from its payload', (_, vector) => {
    const payload = parseSignedKey(vector.key)?.payload() ?? new Uint8Array();
    expect(printSignedKey(payload, secret)).toBe(vector.key);
  });

  test.each(['A', 'B', 'C', 'D', 'F'] as const)('%s prints bit for bit from its claims', (name) => {
    const vector = vectors[name];
    const claims = readClaims(parseSignedKey(vector.key)?.payload() ?? new Uint8Array());
    expect(printSignedKey(printClaims(claims as KeyClaims, vector.codec), secret)).toBe(vector.key);
  });

  test('E was written by Python with escapes: the bytes as sent are what is signed', () => {
    const text = new TextDecoder().decode(parseSignedKey(vectors.E.key)?.payload());
    expect(text).toContain('\\u00e9');
    expect(JSON.parse(text)).toEqual(vectors.E.claims);
  });
});

describe('issuing', () => {
  test('100,000 issued keys all verify, by our code and by the published rule, which fails on a leading zero byte', () => {
    let failures = 0;
    for (let i = 0; i < 100_000; i++) {
      const issued = issueSignedKey({ ...options, nowMs: options.nowMs + i });
      const ours = verifySignedKey(issued.key, [secret]);
      if (ours?.claims.id !== issued.claims.id || ours.canonical !== issued.key) failures++;
      if (!publishedSdkAccepts(issued.key, secret)) failures++;
    }
    expect(failures).toBe(0);
  }, 120_000);

  test('the published rule of that test does fail on a leading zero byte', () => {
    expect(publishedSdkAccepts(vectors.A.key, secret)).toBe(true);
    expect(publishedSdkAccepts(vectors.B.key, secret)).toBe(false);
  });

  test('a key carries all claims, in either codec, and an id of up to 22 characters that sorts by time', () => {
    const claims = { ...options.claims, exp: 4102444800, nbf: 1, meta: { plan: 'pro' } };
    for (const codec of ['json', 'msgpack'] as const) {
      const issued = issueSignedKey({ ...options, claims, codec });
      const later = issueSignedKey({ ...options, claims, codec, nowMs: options.nowMs + 1 });
      expect(issued.claims).toEqual({ ...claims, id: issued.claims.id });
      expect(issued.claims.id).toMatch(/^[0-9A-Za-z]{1,22}$/);
      expect(later.claims.id > issued.claims.id).toBe(true);
      expect(verifySignedKey(issued.key, [secret])?.claims).toEqual(issued.claims);
    }
  });

  test('refuses an empty secret, claims that readers would refuse, a key that is too long and a time that is none', () => {
    const { claims } = options;
    expect(() => issueSignedKey({ ...options, secret: '' })).toThrow(RangeError);
    expect(() => issueSignedKey({ ...options, claims: { ...claims, tid: '' } })).toThrow(TypeError);
    expect(() => issueSignedKey({ ...options, claims: { ...claims, exp: -1 } })).toThrow(TypeError);
    expect(() => issueSignedKey({ ...options, claims: { ...claims, meta: { x: 'y'.repeat(4000) } } })).toThrow(
      RangeError,
    );
    expect(() => issueSignedKey({ ...options, nowMs: 1.5 })).toThrow(RangeError);
  });
});

describe('verifying', () => {
  test('says which secret signed, and a hex-looking secret is text', () => {
    const hexSecret = 'aa'.repeat(32);
    const issued = issueSignedKey({ ...options, secret: hexSecret });
    expect(verifySignedKey(issued.key, ['other', hexSecret, secret])?.secretIndex).toBe(1);
    const decodedHex = Buffer.from(hexSecret, 'hex').toString('latin1');
    expect(verifySignedKey(issued.key, [decodedHex])).toBeUndefined();
  });

  test('refuses a wrong secret, no secrets, and a key that was signed with the empty one', () => {
    expect(verifySignedKey(key, ['wrong'])).toBeUndefined();
    expect(verifySignedKey(key, [])).toBeUndefined();
    const forged = printSignedKey(printClaims({ ...options.claims, id: 'x' }, 'json'), '');
    expect(verifySignedKey(forged, ['', secret])).toBeUndefined();
  });

  test('refuses every truncation', () => {
    for (let chars = 0; chars < key.length; chars++)
      expect(verifySignedKey(key.slice(0, chars), [secret])).toBeUndefined();
  });

  test('refuses every change of a single character', () => {
    for (let at = 0; at < key.length; at++) {
      for (const char of '0Az.') {
        if (key[at] === char) continue;
        const changed = `${key.slice(0, at)}${char}${key.slice(at + 1)}`;
        expect(verifySignedKey(changed, [secret])).toBeUndefined();
      }
    }
  });

  test.each([
    'not json',
    '{"id":"a"',
    '{"id":"a","tid":"b","scp":"read"}',
    '{"id":"a","tid":7}',
    `{"id":"a","tid":"b","meta":{"x":${'['.repeat(900)}${']'.repeat(900)}}}`,
    '\xc1',
  ])('refuses a good signature over %j', (text) => {
    const forged = printSignedKey(Buffer.from(text, 'latin1'), secret);
    expect(parseSignedKey(forged)).toBeDefined();
    expect(verifySignedKey(forged, [secret])).toBeUndefined();
  });

  test('a signature of 43 characters that passes 32 bytes is refused, the largest of 32 is not', () => {
    const largest = encodeBase62(new Uint8Array(32).fill(0xff));
    const next = `${largest.slice(0, -1)}2`;
    expect(parseSignedKey(`apikee_abc.${largest}`)?.signature()).toEqual(Buffer.alloc(32, 0xff));
    expect(parseSignedKey(`apikee_abc.${next}`)).toBeUndefined();
    expect(canonicalKey(`apikee_abc.${next}`)).toBeUndefined();
    expect(parseSignedKey(`apikee_abc.${'z'.repeat(43)}`)).toBeUndefined();
  });

  test('the signature is HMAC-SHA-256 over the payload as sent', () => {
    const payload = utf8('{"tid":"acme","id":"any order"}');
    const signature = parseSignedKey(printSignedKey(payload, secret))?.signature();
    expect(Buffer.from(signature ?? [])).toEqual(createHmac('sha256', secret).update(payload).digest());
  });
});
