import { argon2, argon2Sync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { hashPassword, verifyPassword } from '../src/password.ts';

vi.mock('node:crypto', { spy: true });

const password = 'correct horse battery staple';

describe('a password', () => {
  it('is right when it is the one that was hashed, and each hash is another', async () => {
    const [one, two] = [await hashPassword(password), await hashPassword(password)];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^argon2id\$19456\$2\$1\$[\w-]{22}\$[\w-]{43}$/);
    for (const hash of [one, two])
      expect(await verifyPassword(password, hash)).toEqual({ isRight: true, isOutdated: false });
    expect((await verifyPassword(`${password} `, one)).isRight).toBe(false);
  });

  it('is the same however a keyboard spells its letters', async () => {
    expect((await verifyPassword('re\u0301sume\u0301 of mine', await hashPassword('résumé of mine'))).isRight).toBe(
      true,
    );
  });

  it('of before is right at the cost that it was hashed at, and known to be outdated', async () => {
    const nonce = Buffer.alloc(16, 1);
    const parameters = { memory: 1_024, passes: 1, parallelism: 1, tagLength: 32, nonce };
    const hash = argon2Sync('argon2id', { ...parameters, message: password });
    const stored = ['argon2id', 1_024, 1, 1, nonce.toString('base64url'), hash.toString('base64url')].join('$');
    expect(await verifyPassword(password, stored)).toEqual({ isRight: true, isOutdated: true });
    expect(await verifyPassword('another', stored)).toEqual({ isRight: false, isOutdated: false });
  });

  it('costs the same to be found wrong where none is known', async () => {
    const costsOf = async (stored: string | undefined) => {
      vi.mocked(argon2).mockClear();
      await verifyPassword('another', stored);
      return vi.mocked(argon2).mock.calls.map(([algorithm, { memory, passes, parallelism, tagLength }]) => {
        return { algorithm, memory, passes, parallelism, tagLength };
      });
    };
    const ofKnown = await costsOf(await hashPassword(password));
    expect(ofKnown).toHaveLength(1);
    expect(await costsOf(undefined)).toEqual(ofKnown);
  });

  it('is never right where none is known', async () => {
    for (const stored of [undefined, null, '', 'f00'])
      expect(await verifyPassword('', stored)).toEqual({ isRight: false, isOutdated: false });
  });
});
