import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** A public key that requests may be signed with. */
export interface RequestPublicKey {
  type: 'RSA' | 'EC';
  bits: number;
  /** DER. */
  spki: Buffer;
  /** SHA-256 of `spki`, hex. */
  fingerprint: string;
  pem: string;
}

const rsaBits = { least: 2_048, most: 8_192 };
const curveBits: Record<string, number> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };
const publicLabels: ReadonlySet<string> = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY']);

/** Reads a PEM that a person sent, or says in a few words what is wrong with it, never quoting it. */
export function readPublicKeyPem(text: string): RequestPublicKey | { fault: string } {
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map(([, label = '']) => label);
  const [label, ...others] = labels;
  if (labels.some((one) => one.includes('PRIVATE KEY')))
    return { fault: 'is a private key: keep it to yourself, and send its public key (openssl pkey -pubout)' };
  if (label === undefined) return { fault: 'is not PEM: it must begin with -----BEGIN PUBLIC KEY-----' };
  if (others.length > 0) return { fault: 'must hold one key' };
  if (label.includes('CERTIFICATE'))
    return { fault: 'is a certificate; send its public key (openssl x509 -pubkey -noout)' };
  if (!publicLabels.has(label)) return { fault: 'is not a public key: it must begin with -----BEGIN PUBLIC KEY-----' };
  const key = imported({ key: text, format: 'pem' });
  if (!key) return { fault: 'cannot be read: it is not whole, or not of a kind that is known' };
  const fault = faultOf(key);
  return fault === undefined ? describe(key) : { fault };
}

/** What was stored. */
export function storedPublicKey(spki: Uint8Array): RequestPublicKey {
  return describe(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }));
}

function imported(input: Parameters<typeof createPublicKey>[0]): KeyObject | undefined {
  try {
    return createPublicKey(input);
  } catch {
    return undefined;
  }
}

function faultOf({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): string | undefined {
  if (type === 'rsa') {
    const { modulusLength = 0, publicExponent = 0n } = details;
    if (modulusLength < rsaBits.least || modulusLength > rsaBits.most)
      return `has ${modulusLength} bits; RSA keys have ${rsaBits.least} to ${rsaBits.most}`;
    // With the exponent 1 every padded digest is its own signature.
    return publicExponent < 3n ? 'has an exponent below 3, by which anybody can sign' : undefined;
  }
  if (type === 'ec')
    return bitsOfCurve(details) === undefined ? 'is on another curve than P-256, P-384 or P-521' : undefined;
  return `is of the kind ${type}; requests are signed with RSA (PKCS#1 v1.5) or ECDSA`;
}

function bitsOfCurve({ namedCurve = '' }: { namedCurve?: string }): number | undefined {
  return Object.hasOwn(curveBits, namedCurve) ? curveBits[namedCurve] : undefined;
}

function describe(key: KeyObject): RequestPublicKey {
  const { modulusLength, ...details } = key.asymmetricKeyDetails ?? {};
  const spki = key.export({ format: 'der', type: 'spki' });
  return {
    type: modulusLength === undefined ? 'EC' : 'RSA',
    bits: modulusLength ?? bitsOfCurve(details) ?? 0,
    spki,
    fingerprint: createHash('sha256').update(spki).digest('hex'),
    pem: key.export({ format: 'pem', type: 'spki' }).toString(),
  };
}
