import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { readPublicKeyPem, storedPublicKey } from '../src/projects/public-key-pem.ts';

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const pem = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki') => key.export({ format: 'pem', type }).toString();
const block = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;

const anyRsa = rsa(2_048);
const anyEc = ec('P-256');
const ecDer = anyEc.publicKey.export({ format: 'der', type: 'spki' });

test.each([
  ['RSA', 2_048, anyRsa],
  ['RSA', 3_072, rsa(3_072)],
  ['EC', 256, anyEc],
  ['EC', 384, ec('P-384')],
  ['EC', 521, ec('P-521')],
])('%s of %i bits is read, however its lines end and whatever stands around it', (type, bits, { publicKey }) => {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const fingerprint = createHash('sha256').update(spki).digest('hex');
  const expected = { type, bits, spki, fingerprint, pem: pem(publicKey) };
  for (const text of [pem(publicKey), pem(publicKey).replaceAll('\n', '\r\n'), `\n the key:\n${pem(publicKey)}\n`]) {
    expect(readPublicKeyPem(text)).toEqual(expected);
  }
  expect(storedPublicKey(spki)).toEqual(expected);
});

test('RSA in PKCS#1 is the same key as in SPKI', () => {
  expect(readPublicKeyPem(pem(anyRsa.publicKey, 'pkcs1'))).toEqual(readPublicKeyPem(pem(anyRsa.publicKey)));
});

/** The exponent, the last three bytes, from 65537 to 1. */
function exponentOne(): Buffer {
  const der = Buffer.from(anyRsa.publicKey.export({ format: 'der', type: 'pkcs1' }));
  der.set([0, 0, 1], der.length - 3);
  return der;
}

function offTheCurve(): Buffer {
  const der = Buffer.from(ecDer);
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
  return der;
}

test.each([
  ['a private key', anyRsa.privateKey.export({ format: 'pem', type: 'pkcs8' }), 'is a private key'],
  ['one in PKCS#1', anyRsa.privateKey.export({ format: 'pem', type: 'pkcs1' }), 'is a private key'],
  ['one in SEC 1', anyEc.privateKey.export({ format: 'pem', type: 'sec1' }), 'is a private key'],
  [
    'one that is encrypted',
    anyEc.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }),
    'is a private key',
  ],
  [
    'one behind a public key',
    pem(anyEc.publicKey) + anyEc.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    'is a private key',
  ],
  ['a certificate', block('CERTIFICATE', Buffer.from('any bytes')), 'is a certificate'],
  ['two keys', pem(anyEc.publicKey) + pem(anyRsa.publicKey), 'must hold one key'],
  ['RSA of 1,024 bits', pem(rsa(1_024).publicKey), 'has 1024 bits'],
  ['the exponent 1', block('RSA PUBLIC KEY', exponentOne()), 'has an exponent below 3'],
  ['another curve', pem(ec('secp256k1').publicKey), 'is on another curve'],
  ['Ed25519', pem(generateKeyPairSync('ed25519').publicKey), 'is of the kind ed25519'],
  ['RSA-PSS', pem(generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).publicKey), 'is of the kind rsa-pss'],
  ['a key that is cut', block('PUBLIC KEY', ecDer.subarray(0, -5)), 'cannot be read'],
  ['a point that is not on its curve', block('PUBLIC KEY', offTheCurve()), 'cannot be read'],
  ['a block that does not end', pem(anyEc.publicKey).slice(0, -10), 'cannot be read'],
  ['another kind of block', block('EC PARAMETERS', ecDer), 'is not a public key'],
  ['base64 alone', ecDer.toString('base64'), 'is not PEM'],
  ['a key of SSH', 'ssh-rsa AAAAB3NzaC1yc2E= me@home', 'is not PEM'],
  ['nothing', '', 'is not PEM'],
])('%s is refused, and the sentence says why', (_, text, reason) => {
  expect(readPublicKeyPem(String(text))).toEqual({ fault: expect.stringContaining(reason) });
});
