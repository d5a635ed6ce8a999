import { expect, test, vi } from 'vitest';
import { type DerivedKey, DerivedKeyCache } from '../src/derived-key-cache.ts';
import { keyringOf } from '../src/keyring.ts';
import { deriveKey } from '../src/v1/derive.ts';
import { openV1 } from '../src/v1/open.ts';
import { sealV1 } from '../src/v1/seal.ts';
import { nowMs, parsed, serverKey, vector, vectorKeyring } from './fixtures.ts';

vi.mock('../src/v1/derive.ts', { spy: true });

const envelope = parsed(JSON.parse(vector.body));
const entry = (n: number, notAfterMs: number | null = null): DerivedKey<Buffer> => ({
  kid: 'k',
  epk: Buffer.alloc(32, n),
  derived: Buffer.alloc(32, n),
  notAfterMs,
});
const recall = (cache: DerivedKeyCache<Buffer>, n: number, atMs = nowMs) =>
  cache.recall({ kid: 'k', epk: Buffer.alloc(32, n), nowMs: atMs });

test('the bound holds, and what is in use stays while others come and go', () => {
  const cache = new DerivedKeyCache<Buffer>({ maxEntries: 6 });
  cache.remember(entry(0));
  for (let n = 1; n < 200; n++) {
    cache.remember(entry(n));
    expect(cache.size).toBeLessThanOrEqual(6);
    expect(recall(cache, n)).toEqual(Buffer.alloc(32, n));
    expect(recall(cache, 0)).toEqual(Buffer.alloc(32, 0));
  }
  expect(recall(cache, 190)).toBeUndefined();
  expect(() => new DerivedKeyCache<Buffer>({ maxEntries: 1 })).toThrow(RangeError);
});

test('kid and epk together name an entry', () => {
  const cache = new DerivedKeyCache<Buffer>({ maxEntries: 3 });
  cache.remember(entry(1));
  expect(cache.recall({ kid: 'other', epk: Buffer.alloc(32, 1), nowMs })).toBeUndefined();
  expect(recall(cache, 2)).toBeUndefined();
});

test('an entry does not outlive its server key', () => {
  const cache = new DerivedKeyCache<Buffer>({ maxEntries: 3 });
  cache.remember(entry(1, nowMs + 1000));
  expect(recall(cache, 1, nowMs + 999)).toBeDefined();
  expect(recall(cache, 1, nowMs + 1000)).toBeUndefined();
  expect(cache.size).toBe(0);
});

test('opening fills no cache: only the caller remembers, and then nothing is derived again', () => {
  const cache = new DerivedKeyCache<Buffer>({ maxEntries: 3 });
  vi.mocked(deriveKey).mockClear();
  const first = openV1({ envelope, keyring: vectorKeyring, nowMs, cache });
  openV1({ envelope, keyring: vectorKeyring, nowMs, cache });
  expect(cache.size).toBe(0);
  expect(deriveKey).toHaveBeenCalledTimes(2);
  if (first) cache.remember({ ...first, epk: envelope.epk });
  const cached = openV1({ envelope, keyring: vectorKeyring, nowMs, cache });
  expect(cached).toEqual(first);
  expect(deriveKey).toHaveBeenCalledTimes(2);
});

test('a session to the previous key costs no derivation under the current one', () => {
  const keyring = keyringOf([serverKey(0x11, { fromMs: nowMs - 5000 }), serverKey(0x12)]);
  const cache = new DerivedKeyCache<Buffer>({ maxEntries: 3 });
  const opened = openV1({ envelope, keyring, nowMs, cache });
  if (opened) cache.remember({ ...opened, epk: envelope.epk });
  vi.mocked(deriveKey).mockClear();
  expect(openV1({ envelope, keyring, nowMs, cache })?.kid).toBe('key-17');
  expect(deriveKey).not.toHaveBeenCalled();
});

test('a remembered key of a server key that was retired or removed opens nothing', () => {
  const cache = new DerivedKeyCache<Buffer>({ maxEntries: 3 });
  const opened = openV1({ envelope, keyring: vectorKeyring, nowMs, cache });
  if (opened) cache.remember({ ...opened, epk: envelope.epk });
  expect(openV1({ envelope, keyring: keyringOf([serverKey(0x11, { toMs: nowMs })]), nowMs, cache })).toBeUndefined();
  expect(openV1({ envelope, keyring: keyringOf([serverKey(0x12)]), nowMs, cache })).toBeUndefined();
});

test('a remembered key that does not fit does not keep the envelope shut', () => {
  const cache = new DerivedKeyCache<Buffer>({ maxEntries: 3 });
  cache.remember({ kid: 'key-18', epk: envelope.epk, derived: Buffer.alloc(32), notAfterMs: null });
  const key = serverKey(0x12);
  const body = sealV1({ recipientPublicKey: key.publicKey, plaintext: '{}', ephemeral: vector.ephemeral });
  expect(openV1({ envelope: parsed(body), keyring: keyringOf([key]), nowMs, cache })?.kid).toBe('key-18');
});
