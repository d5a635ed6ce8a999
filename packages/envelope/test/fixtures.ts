import type { EphemeralKey } from '../src/ephemeral-key.ts';
import { type Keyring, keyringOf } from '../src/keyring.ts';
import { type KeyringKey, keyringKey } from '../src/keyring-key.ts';
import { type EnvelopeV1, parseEnvelopeV1 } from '../src/v1/wire.ts';
import { importPrivateKey, publicKeyOf } from '../src/x25519.ts';

export const nowMs = Date.parse('2026-11-01T00:00:00.000Z');

/** The vector of wire.md §2.1. */
export const vector = {
  serverPrivate: importPrivateKey(Buffer.alloc(32, 0x11)),
  ephemeral: ephemeralOf(Buffer.alloc(32, 0x22)),
  iv: Buffer.alloc(12, 0x33),
  plaintext: '{"name":"default"}',
  serverPublic: 'e06Qm75//kTEZaIgA31gjuNYl9Me+XLwf3SJLLD3PxM=',
  shared: '9e004098efc091d4ec2663b4e9f5cfd4d7064571690b4bea97ab146ab9f35056',
  aesKey: '45d30e73d5d71f837aeebfd42a0657c90e4cd9f199f8ea7f9f2ee7b3619cfa5c',
  body: '{"v":"1","epk":"D6poTtKIZ7l_Smot7l34zpdOdrcBjj8iocTPJnhXDyA","iv":"MzMzMzMzMzMzMzMz","ct":"eujW81Z8pMGmcql_du7vmR5EiO2dA-4pXD2b_zIAwKzkrg"}',
};

/** An ephemeral pair from the 32 raw bytes of its private half. */
export function ephemeralOf(raw: Buffer): EphemeralKey {
  const privateKey = importPrivateKey(raw);
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

/** A server key whose private half is 32 times `byte`, alive from `fromMs` to `toMs`. */
export function serverKey(byte: number, life: { fromMs?: number; toMs?: number; kid?: string } = {}): KeyringKey {
  return keyringKey({
    privateKey: importPrivateKey(Buffer.alloc(32, byte)),
    kid: life.kid ?? `key-${byte}`,
    notBeforeMs: life.fromMs ?? nowMs - 1000,
    notAfterMs: life.toMs ?? null,
  });
}

export const vectorKeyring: Keyring = keyringOf([serverKey(0x11)]);

/** Parses what must parse. */
export function parsed(body: unknown): EnvelopeV1 {
  const envelope = parseEnvelopeV1(body);
  if (envelope === undefined) throw new Error('this envelope should parse');
  return envelope;
}

/** X coordinates of low order on the curve and its twist, little-endian, canonical and not (RFC 7748 §6.1; cr.yp.to/ecdh.html). */
export const lowOrderPoints = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map((hex) => Buffer.from(hex, 'hex'));
