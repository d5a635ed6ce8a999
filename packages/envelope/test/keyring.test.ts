import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  createKeyringEntry,
  KeyringError,
  keyringOf,
  parseKeyring,
  printKeyring,
  publicKeys,
  usableKeys,
} from '../src/keyring.ts';
import { nowMs, serverKey, vector } from './fixtures.ts';

const good = {
  kid: 'key-17',
  private_key: Buffer.alloc(32, 0x11).toString('base64'),
  not_before: '2026-01-01T00:00:00.000Z',
  not_after: null,
};
const file = (...keys: unknown[]) => JSON.stringify({ keys });

function faultsOf(text: string): readonly string[] {
  try {
    parseKeyring(text);
  } catch (error) {
    if (error instanceof KeyringError) return error.faults;
    throw error;
  }
  return [];
}

describe('the file', () => {
  test('is read and printed without loss', () => {
    const text = file(good, {
      ...good,
      kid: 'b',
      private_key: Buffer.alloc(32, 2).toString('base64'),
      not_after: '2027-01-01T00:00:00Z',
    });
    const keyring = parseKeyring(text);
    expect(parseKeyring(printKeyring(keyring)).keys.map(({ privateKey: _, ...rest }) => rest)).toEqual(
      keyring.keys.map(({ privateKey: _, ...rest }) => rest),
    );
    expect(JSON.parse(printKeyring(parseKeyring(file(good))))).toEqual({ keys: [good] });
  });

  test.each<[string, unknown, string]>([
    ['no object', 7, 'keys[0] is not an object'],
    ['a bad kid', { ...good, kid: 'a b' }, 'keys[0] kid is not 1 to 64 letters, digits, _ or -'],
    [
      'a short private key',
      { ...good, private_key: 'AAAA' },
      'keys[0] private_key is not the standard base64 of 32 bytes',
    ],
    [
      'base64url',
      { ...good, private_key: '_'.repeat(43) },
      'keys[0] private_key is not the standard base64 of 32 bytes',
    ],
    [
      'trailing bits',
      { ...good, private_key: `${'A'.repeat(42)}B=` },
      'keys[0] private_key is not the standard base64 of 32 bytes',
    ],
    ['no not_before', { ...good, not_before: undefined }, 'keys[0] not_before is not an ISO 8601 time in UTC'],
    [
      'a time without zone',
      { ...good, not_before: '2026-01-01T00:00:00' },
      'keys[0] not_before is not an ISO 8601 time in UTC',
    ],
    [
      '30 February',
      { ...good, not_before: '2026-02-30T00:00:00Z' },
      'keys[0] not_before is not an ISO 8601 time in UTC',
    ],
    ['month 13', { ...good, not_before: '2026-13-01T00:00:00Z' }, 'keys[0] not_before is not an ISO 8601 time in UTC'],
    [
      'no not_after',
      { ...good, not_after: undefined },
      'keys[0] not_after is neither null nor an ISO 8601 time in UTC',
    ],
    [
      'a life that ends as it begins',
      { ...good, not_after: good.not_before },
      'keys[0] not_after does not lie after not_before',
    ],
    ['a further field', { ...good, note: 1 }, 'keys[0] has fields other than kid, private_key, not_before, not_after'],
  ])('%s is named', (_, entry, fault) => {
    expect(faultsOf(file(entry))).toEqual([fault]);
  });

  test('the same kid or private key twice is named', () => {
    expect(faultsOf(file(good, good))).toEqual([
      'keys[1] kid stands there twice',
      'keys[1] private_key stands there twice',
    ]);
  });

  test('every fault is reported at once', () => {
    expect(faultsOf(file({}, { ...good, kid: '' }))).toHaveLength(5);
  });

  test.each(['', 'x', 'null', '[]', '{}', '{"keys":{}}', '{"keys":[]}'])('%j is refused', (text) => {
    expect(faultsOf(text)).toHaveLength(1);
  });

  test('no error holds a value of the file', () => {
    const secret = 'c2VjcmV0c2VjcmV0';
    for (const text of [
      secret,
      `{"keys":["${secret}`,
      file(secret),
      file({ ...good, private_key: secret, kid: `${secret}!`, [secret]: 1 }),
    ]) {
      expect(() => parseKeyring(text)).toThrow(KeyringError);
      expect(inspect(new KeyringError(faultsOf(text)))).not.toContain(secret.slice(0, 6));
    }
  });

  test('a keyring that is logged shows no private key', () => {
    const keyring = parseKeyring(file(good));
    for (const text of [inspect(keyring, { depth: 9 }), JSON.stringify(keyring)]) {
      expect(text).not.toContain(good.private_key.slice(0, 40));
      expect(text).not.toContain('11'.repeat(8));
      expect(text).not.toContain('17,17,17');
    }
  });
});

describe('the keys in use', () => {
  const old = serverKey(1, { fromMs: nowMs - 3000, toMs: nowMs + 1000 });
  const current = serverKey(2, { fromMs: nowMs - 2000 });
  const next = serverKey(3, { fromMs: nowMs + 500 });
  const keyring = keyringOf([old, next, current]);

  test('the newest whose not_before has passed is current, older ones stay until their not_after', () => {
    const kidsAt = (atMs: number) => usableKeys(keyring, atMs).map(({ kid }) => kid);
    expect(kidsAt(nowMs - 3001)).toEqual([]);
    expect(kidsAt(nowMs - 2001)).toEqual(['key-1']);
    expect(kidsAt(nowMs)).toEqual(['key-2', 'key-1']);
    expect(kidsAt(nowMs + 500)).toEqual(['key-3', 'key-2', 'key-1']);
    expect(kidsAt(nowMs + 1000)).toEqual(['key-3', 'key-2']);
  });

  test('clients are told of them as wire.md §2.2 says', () => {
    const { keys } = publicKeys(keyringOf([old, serverKey(0x11)]), nowMs);
    expect(keys).toEqual([
      {
        kid: 'key-17',
        alg: 'X25519-HKDF-SHA256-A256GCM',
        public_key: vector.serverPublic,
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        not_before: '2026-10-31T23:59:59.000Z',
        not_after: null,
        current: true,
      },
      expect.objectContaining({ kid: 'key-1', not_after: '2026-11-01T00:00:01.000Z', current: false }),
    ]);
    expect(JSON.stringify(keys)).not.toContain('private');
  });

  test('a fresh key begins now, is open, and is named after its fingerprint', () => {
    const [one, two] = [createKeyringEntry({ nowMs }), createKeyringEntry({ nowMs })];
    expect(one.publicKey).not.toEqual(two.publicKey);
    expect(one).toMatchObject({ notBeforeMs: nowMs, notAfterMs: null, kid: one.fingerprint.slice(0, 16) });
    expect(parseKeyring(printKeyring(keyringOf([one, two]))).keys.map(({ kid }) => kid)).toEqual([one.kid, two.kid]);
  });
});
