import { expect, test } from 'vitest';
import { openV1 } from '../src/v1/open.ts';
import { sealV1 } from '../src/v1/seal.ts';
import { publicKeyOf } from '../src/x25519.ts';
import { nowMs, parsed, vector, vectorKeyring } from './fixtures.ts';

const p = 2n ** 255n - 19n;

const toNumber = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
const toBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();

/** 1/u by Fermat: the coordinate of the point plus the one of order two, (0, 0). */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value % p;
  for (let exponent = p - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % p;
    base = (base * base) % p;
  }
  return result;
}

const open = (body: unknown) => openV1({ envelope: parsed(body), keyring: vectorKeyring, nowMs });
const seal = () => sealV1({ recipientPublicKey: publicKeyOf(vector.serverPrivate), plaintext: '{}' });

test('an envelope sent again under another epk that gives the same secret has the same replay id', () => {
  const body = seal();
  const original = open(body);
  const u = toNumber(Buffer.from(body.epk, 'base64url'));
  for (const other of [inverse(u), u + 2n ** 255n]) {
    const epk = toBytes(other).toString('base64url');
    const again = open({ ...body, epk });
    expect(epk).not.toBe(body.epk);
    // Anybody who saw the envelope can do this, so that (epk, iv) would let it in twice.
    expect(again?.plaintext.toString()).toBe('{}');
    expect(again?.replayId).toEqual(original?.replayId);
  }
});

test('another envelope has another replay id, also within a session', () => {
  const ephemeral = vector.ephemeral;
  const recipientPublicKey = publicKeyOf(vector.serverPrivate);
  const bodies = [seal(), seal(), ...[1, 2].map((n) => sealV1({ recipientPublicKey, plaintext: `${n}`, ephemeral }))];
  const ids = bodies.map((body) => open(body)?.replayId.toString('hex'));
  expect(new Set(ids).size).toBe(4);
  expect(ids.every((id) => id?.length === 64)).toBe(true);
});
