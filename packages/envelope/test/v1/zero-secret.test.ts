import { diffieHellman } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { deriveKey } from '../../src/v1/derive.ts';
import { openV1 } from '../../src/v1/open.ts';
import { openReplyV1 } from '../../src/v1/open-reply.ts';
import { sealV1 } from '../../src/v1/seal.ts';
import { nowMs, parsed, vector, vectorKeyring } from '../fixtures.ts';

vi.mock('node:crypto', { spy: true });

test('a runtime that lets low-order points through, with a secret of zeros, is not trusted', () => {
  const envelope = parsed(JSON.parse(vector.body));
  // The mock's type is that of the overload with a callback, which returns nothing.
  vi.mocked(diffieHellman).mockReturnValue(Buffer.alloc(32) as never);
  expect(deriveKey({ privateKey: vector.serverPrivate, publicKey: envelope.epk })).toBeUndefined();
  expect(openV1({ envelope, keyring: vectorKeyring, nowMs })).toBeUndefined();
  expect(openReplyV1({ envelope, privateKey: vector.serverPrivate })).toBeUndefined();
  expect(() => sealV1({ recipientPublicKey: envelope.epk, plaintext: '{}' })).toThrow(RangeError);
  expect(diffieHellman).toHaveBeenCalledTimes(4);
});
