import type { Logger } from '@keyward/kit/logger';
import type { TlsFiles } from '@keyward/kit/tls-files';
import { tlsOfUrl, tlsParameters } from '../tls-of-url.ts';

interface PgTarget {
  /** What is left for pg to read, which verifies by what we hand it. */
  connectionString: string;
  ssl: (ReturnType<TlsFiles['asOptions']> & { host: string }) | false;
}

const modes = ['disable', 'verify-full'];

/**
 * Takes TLS out of a Postgres URL: `sslmode=verify-full&sslrootcert=…&sslcert=…&sslkey=…`. Modes that do not verify who answers are
 * refused (docs/decisions/0013-stores-over-tls.md).
 * @throws Error that names the part at fault and no other.
 */
export function pgTarget(text: string, logger?: Logger): PgTarget {
  const url = parseUrl(text);
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !modes.includes(mode))
    throw new Error('sslmode in DATABASE_URL is disable, or verify-full, which verifies who answers');
  for (const name of ['ssl', 'uselibpqcompat'])
    if (url.searchParams.has(name)) throw new Error(`"${name}" in DATABASE_URL is not taken: say sslmode=verify-full`);
  const tls = tlsOfUrl(url.searchParams, {
    variable: 'DATABASE_URL',
    encrypted: mode === 'verify-full',
    remedy: 'it takes sslmode=verify-full',
  });
  for (const name of ['sslmode', ...tlsParameters]) url.searchParams.delete(name);
  if (logger) tls?.tellTo(logger);
  // pg tells the server's name to TLS only where it is no address, and then an address is compared with nothing.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const ssl = tls ? Object.defineProperty(tls.asOptions(), 'host', { value: host, enumerable: true }) : false;
  return { connectionString: url.href, ssl: ssl as PgTarget['ssl'] }; // `host` was just put on it
}

function parseUrl(text: string): URL {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text))
    throw new Error(
      'DATABASE_URL is not of the form postgres://user:password@host:port/database or pglite:<directory>',
    );
  return new URL(text);
}
