import { expect, test } from 'vitest';
import { openAesGcm, sealAesGcm } from '../src/aes-gcm.ts';
import { wycheproof } from './wycheproof.ts';

type Vector = {
  tcId: number;
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
  result: string;
};
type Group = { ivSize: number; keySize: number; tagSize: number; tests: Vector[] };

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const input = ({ key, iv, aad }: Vector) => ({ aesKey: bytes(key), iv: bytes(iv), aad: bytes(aad) });

test('what is sealed opens, the empty text too, and a tag cut short does not', () => {
  const base = { aesKey: Buffer.alloc(32, 1), iv: Buffer.alloc(12, 2) };
  for (const plaintext of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(100_000, 7)]) {
    const ct = sealAesGcm({ ...base, plaintext });
    expect(ct).toHaveLength(plaintext.length + 16);
    expect(openAesGcm({ ...base, ct })).toEqual(plaintext);
    expect(openAesGcm({ ...base, ct: ct.subarray(0, -1) })).toBeUndefined();
    expect(openAesGcm({ ...base, ct: ct.subarray(0, 15) })).toBeUndefined();
  }
});

wycheproof<Group>('aes_gcm_test.json', (groups) => {
  test('Wycheproof AES-GCM: 256-bit keys with 96-bit ivs open and seal exactly when valid, all other sizes are refused', () => {
    const seen = { valid: 0, invalid: 0, refused: 0 };
    for (const { keySize, ivSize, tagSize, tests } of groups) {
      expect(tagSize).toBe(128);
      for (const vector of tests) {
        const plaintext = bytes(vector.msg);
        const ct = bytes(vector.ct + vector.tag);
        const opened = openAesGcm({ ...input(vector), ct });
        const seal = () => sealAesGcm({ ...input(vector), plaintext });
        if (keySize !== 256 || ivSize !== 96) {
          expect(opened, `tcId ${vector.tcId}`).toBeUndefined();
          expect(seal, `tcId ${vector.tcId}`).toThrow(RangeError);
          seen.refused++;
        } else if (vector.result === 'valid') {
          expect(opened, `tcId ${vector.tcId}`).toEqual(plaintext);
          expect(seal(), `tcId ${vector.tcId}`).toEqual(ct);
          seen.valid++;
        } else {
          expect(opened, `tcId ${vector.tcId}`).toBeUndefined();
          expect(seal(), `tcId ${vector.tcId}`).not.toEqual(ct);
          seen.invalid++;
        }
      }
    }
    expect(seen).toEqual({ valid: 39, invalid: 27, refused: 250 });
  });
});
