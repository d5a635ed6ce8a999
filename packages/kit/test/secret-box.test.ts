import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { SecretBox } from '../src/secret-box.ts';

const key = randomBytes(32).toString('base64url');
const box = new SecretBox(key);

test('what is sealed for a row is opened for that row', () => {
  for (const secret of ['', 'test-secret', 'ünï\u{1F511}', 'x'.repeat(10_000)]) {
    expect(box.open(box.seal(secret, 'row-1'), 'row-1')).toBe(secret);
  }
  expect(new SecretBox(Buffer.from(key, 'base64url').toString('base64')).open(box.seal('s', 'r'), 'r')).toBe('s');
});

test('bytes as PGlite gives them are opened, too', () => {
  expect(box.open(new Uint8Array(box.seal('s', 'r')) as Buffer, 'r')).toBe('s');
});

test('another row, another key, and any change of a byte are refused', () => {
  const sealed = box.seal('test-secret', 'row-1');
  expect(() => box.open(sealed, 'row-2')).toThrow();
  expect(() => box.open(sealed, '')).toThrow();
  expect(() => new SecretBox(randomBytes(32).toString('base64')).open(sealed, 'row-1')).toThrow();
  for (let i = 0; i < sealed.length; i++) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(i) ^ 1, i);
    expect(() => box.open(changed, 'row-1'), `byte ${i}`).toThrow();
  }
  for (let length = 0; length < sealed.length; length++)
    expect(() => box.open(sealed.subarray(0, length), 'row-1'), `${length} bytes`).toThrow();
});

test('the same secret is never sealed the same way twice, and never shown', () => {
  const sealed = Array.from({ length: 100 }, () => box.seal('test-secret', 'row-1'));
  expect(new Set(sealed.map((bytes) => bytes.toString('hex'))).size).toBe(100);
  for (const bytes of sealed) expect(bytes.includes('test-secret')).toBe(false);
});

test.each(['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')])(
  'the key %j is refused',
  (text) => {
    expect(() => new SecretBox(text)).toThrow('32 bytes');
  },
);
