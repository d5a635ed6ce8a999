import type { TlsFiles } from '@keyward/kit/tls-files';
import { decodePart } from '../decode-part.ts';
import { tlsOfUrl, tlsParameters } from '../tls-of-url.ts';

export interface Address {
  host: string;
  port: number;
}

export interface Credentials {
  username?: string;
  password?: string;
}

/** Where a Redis is, and how one is let in. */
export type RedisTarget = Place & {
  tls: TlsFiles | undefined;
  credentials: Credentials;
  db: number;
  prefix: string;
};

type Place =
  | { kind: 'single'; address: Address }
  | { kind: 'cluster'; addresses: Address[] }
  | { kind: 'sentinel'; addresses: Address[]; master: string; sentinelCredentials: Credentials };

const form = /^(redis|rediss)(\+cluster|\+sentinel)?:\/\/(?:([^@/?]*)@)?([^/?@]+)((?:\/[^/?]*){0,2})(?:\?(.*))?$/;
const sentinelParameters = ['sentinelUsername', 'sentinelPassword'];

/**
 * Reads `redis://[user:password@]host:port[/db]`, `redis+cluster://[…@]host:port,host:port` and
 * `redis+sentinel://[…@]host:port,host:port/<master>[/db]`, each also as `rediss…` (TLS). By hand, because `URL` cannot hold
 * several hosts.
 * @throws Error that names the part at fault and no other.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const [match, scheme, mode, userinfo, hosts = '', path = '', search = ''] = form.exec(text) ?? [];
  if (match === undefined) throw new Error(`REDIS_URL is not of the form ${forms}`);
  const query = new URLSearchParams(search);
  refuseUnknown(query, mode === '+sentinel' ? sentinelParameters : []);
  const segments = path.split('/').slice(1).map(decoded);
  const tls = tlsOfUrl(query, {
    variable: 'REDIS_URL',
    encrypted: scheme === 'rediss',
    remedy: 'its scheme has to begin with rediss',
  });
  const addresses = hosts.split(',').map((host) => readAddress(host, mode === '+sentinel' ? 26_379 : 6_379));
  return {
    ...readPlace(mode, { addresses, segments, query }),
    tls,
    credentials: readCredentials(userinfo),
    db: readDb(mode, segments),
    prefix: query.get('prefix') ?? '',
  };
}

const forms =
  'redis://host:port/db, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master/db';

interface PlaceParts {
  addresses: Address[];
  segments: string[];
  query: URLSearchParams;
}

function readPlace(mode: string | undefined, { addresses, segments, query }: PlaceParts): Place {
  if (mode === '+cluster') return { kind: 'cluster', addresses };
  if (mode === '+sentinel') {
    const [master = ''] = segments;
    if (master === '') throw new Error('REDIS_URL names no master: redis+sentinel://host:port,host:port/master/db');
    const [username, password] = sentinelParameters.map((name) => query.get(name) ?? undefined);
    return { kind: 'sentinel', addresses, master, sentinelCredentials: credentialsOf({ username, password }) };
  }
  const [address, second] = addresses;
  if (!address || second)
    throw new Error('REDIS_URL names several hosts: that takes redis+cluster:// or redis+sentinel://');
  return { kind: 'single', address };
}

function readDb(mode: string | undefined, segments: readonly string[]): number {
  const text = segments[mode === '+sentinel' ? 1 : 0] || '0';
  if (!/^\d{1,5}$/.test(text)) throw new Error('the database in REDIS_URL is not a number');
  if (mode === '+cluster' && text !== '0') throw new Error('REDIS_URL names a database, and a cluster has only 0');
  if (mode !== '+sentinel' && segments.length > 1) throw new Error(`REDIS_URL is not of the form ${forms}`);
  return Number(text);
}

function readAddress(text: string, defaultPort: number): Address {
  const [match, host = '', port] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (match === undefined) throw new Error('a host in REDIS_URL is not host:port');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? defaultPort) };
}

function readCredentials(userinfo: string | undefined): Credentials {
  const [username, ...password] = (userinfo ?? '').split(':').map(decoded);
  return credentialsOf({ username, password: password.join(':') });
}

function credentialsOf({
  username,
  password,
}: {
  username?: string | undefined;
  password?: string | undefined;
}): Credentials {
  return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
}

const decoded = (text: string) => decodePart(text, 'REDIS_URL');

function refuseUnknown(query: URLSearchParams, ofMode: readonly string[]): void {
  const known = ['prefix', ...tlsParameters, ...ofMode];
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" in REDIS_URL is not known; known are ${known.join(', ')}`);
}
