import { afterEach, expect, test, vi } from 'vitest';
import { decodeBase62 } from '../src/base62.ts';
import { canonicalKey } from '../src/canonical-key.ts';
import { parseSignedKey, verifySignedKey } from '../src/signed-key.ts';
import { secret, vectors } from './vectors.ts';

vi.mock('../src/base62.ts', { spy: true });
afterEach(() => vi.clearAllMocks());

const [, payload = '', signature = ''] = /^apikee_(.*)\.(.*)$/.exec(vectors.A.key) ?? [];

test.each([
  ['5,000 characters', `apikee_${'a'.repeat(4900)}.${signature}`],
  ['5,000 characters of leading zeros', `apikee_${'0'.repeat(4900)}${payload}.${signature}`],
  ['a signature of 44 characters', `apikee_${payload}.1${'a'.repeat(43)}`],
  ['a foreign character at the end', `${vectors.A.key}!`],
  ['a line feed at the end', `${vectors.A.key}\n`],
  ['a blank before', ` ${vectors.A.key}`],
  ['a foreign character in the payload', `apikee_${payload}-.${signature}`],
  ['a character that is not ASCII', `apikee_${payload}é.${signature}`],
  ['two points', `apikee_${payload}.${signature}.`],
  ['no point', `apikee_${payload}${signature}`],
  ['no payload', `apikee_.${signature}`],
  ['a payload of zeros', `apikee_000.${signature}`],
  ['no signature', `apikee_${payload}.`],
  ['a signature of zeros', `apikee_${payload}.000`],
  ['another prefix', `apikey_${payload}.${signature}`],
  ['capitals in the prefix', `APIKEE_${payload}.${signature}`],
  ['nothing', ''],
])('%s is refused before anything is decoded', (_, raw) => {
  expect(parseSignedKey(raw)).toBeUndefined();
  expect(verifySignedKey(raw, [secret])).toBeUndefined();
  expect(canonicalKey(raw)).toBeUndefined();
  expect(decodeBase62).not.toHaveBeenCalled();
});

test('a key of exactly 4,096 characters is within the cap, one more is not', () => {
  const room = 4096 - 'apikee_.'.length - signature.length;
  expect(canonicalKey(`apikee_${'a'.repeat(room)}.${signature}`)?.kind).toBe('signed');
  expect(canonicalKey(`apikee_${'a'.repeat(room + 1)}.${signature}`)).toBeUndefined();
});

test('the canonical form of a signed key is found without decoding it', () => {
  expect(canonicalKey(`apikee_00${payload}.0${signature}`)).toEqual({ kind: 'signed', canonical: vectors.A.key });
  expect(decodeBase62).not.toHaveBeenCalled();
});
