import { type NamedFile, TlsFiles } from '@keyward/kit/tls-files';

interface TlsOfUrlOptions {
  /** The variable that holds the URL, for errors. */
  variable: string;
  /** Does the URL ask for TLS? */
  encrypted: boolean;
  /** How it would. */
  remedy: string;
}

/** libpq's names, in the URLs of all stores (docs/decisions/0013-stores-over-tls.md). */
export const tlsParameters = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * The TLS that a store's URL asks for: `sslrootcert` is who may vouch for the store, `sslcert` and `sslkey` are who we are to it.
 * Undefined where it asks for none.
 * @throws Error that names the parameter at fault.
 */
export function tlsOfUrl(
  query: URLSearchParams,
  { variable, encrypted, remedy }: TlsOfUrlOptions,
): TlsFiles | undefined {
  const [ca, cert, key] = tlsParameters.map((name): NamedFile | undefined => {
    const path = query.get(name);
    return path ? { name: `${name} in ${variable}`, path } : undefined;
  });
  const given = ca ?? cert ?? key;
  if (!encrypted) {
    if (given) throw new Error(`${given.name} is of no use without TLS: ${remedy}`);
    return undefined;
  }
  if (Boolean(cert) !== Boolean(key)) throw new Error(`sslcert and sslkey in ${variable} are set both or neither`);
  return new TlsFiles({ ca, identity: cert && key ? { cert, key } : undefined });
}
