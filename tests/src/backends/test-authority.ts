import 'reflect-metadata'; // @peculiar/x509 stands on it
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@keyward/kit/clock';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** Where a certificate and its key are, PEM. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

/** A certificate authority of a test's own, whose files go with it. */
export interface TestAuthority extends AsyncDisposable {
  /** The file of its certificate. */
  ca: string;
  /** A certificate of that name, of localhost and of 127.0.0.1, for either side of a connection. */
  issue(name: string, validity?: 'valid' | 'expired'): Promise<CertificateFiles>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hourMs = 3_600_000;

export async function createAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-tls-'));
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const subject = `CN=Test authority ${randomBytes(4).toString('hex')}`;
  const nowMs = systemClock.nowMs();
  const span = (from: number, to: number) => ({
    notBefore: new Date(nowMs + from * hourMs),
    notAfter: new Date(nowMs + to * hourMs),
  });
  const root = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
    ...span(-48, 48),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, root.toString('pem'));
  return {
    ca,
    async issue(name, validity = 'valid') {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${name}`,
        issuer: root.subject,
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        signingAlgorithm: algorithm,
        ...(validity === 'expired' ? span(-24, -1) : span(-24, 24)),
        extensions: [
          new SubjectAlternativeNameExtension([
            { type: 'dns', value: 'localhost' },
            { type: 'ip', value: '127.0.0.1' },
          ]),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        ],
      });
      const file = join(folder, `${name}-${randomBytes(4).toString('hex')}`);
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      const files = { cert: `${file}.crt`, key: `${file}.key` };
      await writeFile(files.cert, certificate.toString('pem'));
      await writeFile(files.key, PemConverter.encode(key, 'PRIVATE KEY'), { mode: 0o600 });
      return files;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
