import { expect, test } from 'vitest';
import { hkdfSha256 } from '../src/hkdf.ts';
import { wycheproof } from './wycheproof.ts';

type Vector = {
  tcId: number;
  ikm: string;
  salt: string;
  info: string;
  size: number;
  okm: string;
  result: 'valid' | 'invalid';
};

const derive = ({ ikm, salt, info, size }: Pick<Vector, 'ikm' | 'salt' | 'info' | 'size'>) =>
  hkdfSha256({
    ikm: Buffer.from(ikm, 'hex'),
    salt: Buffer.from(salt, 'hex'),
    info: Buffer.from(info, 'hex'),
    bytes: size,
  });

test('RFC 5869 test case 3, with an empty salt as in version 1', () => {
  const okm = derive({ ikm: '0b'.repeat(22), salt: '', info: '', size: 42 }).toString('hex');
  expect(okm).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8');
});

wycheproof<{ tests: Vector[] }>('hkdf_sha256_test.json', (groups) => {
  test('Wycheproof HKDF-SHA-256: every valid output, and too long ones are refused', () => {
    const seen = { valid: 0, invalid: 0 };
    for (const vector of groups.flatMap((group) => group.tests)) {
      if (vector.result === 'valid') expect(derive(vector).toString('hex'), `tcId ${vector.tcId}`).toBe(vector.okm);
      else expect(() => derive(vector), `tcId ${vector.tcId}`).toThrow();
      seen[vector.result]++;
    }
    expect(seen).toEqual({ valid: 83, invalid: 3 });
  });
});
