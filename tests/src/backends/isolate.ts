import { withPostgres } from './postgres-admin.ts';
import { uniqueName } from './unique-name.ts';

/** The same Redis or cluster with a key prefix of its own; the adapter puts `prefix` before every key. */
export const freshRedisUrl = (base: string): string => withQuery(base, `prefix=${uniqueName('t')}:`);

/** A memory adapter's name space; two adapters with the same URL share it, as two clients of one Redis do. */
export const freshMemoryUrl = (): string => `memory:${uniqueName('t')}`;

/** A PGlite that lives in memory; two adapters of one process with the same URL share it. */
export const freshPgliteUrl = (): string => `pglite:memory:${uniqueName('t')}`;

/** A topic and a consumer group of its own. The topic is not made: that is the adapter's, which knows its partitions. */
export function freshKafkaUrl(base: string): string {
  const url = new URL(base);
  url.pathname = `/${uniqueName('topic-')}`;
  url.searchParams.set('group', uniqueName('group-'));
  return url.href;
}

export interface FreshDatabase {
  url: string;
  /** Drops the database, also under open connections. */
  drop(): Promise<void>;
}

/** A new, empty database on the server at `base`, whose user may create databases. */
export async function freshPostgresUrl(base: string): Promise<FreshDatabase> {
  const name = uniqueName('t');
  await withPostgres(base, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(base);
  url.pathname = `/${name}`;
  const drop = () => withPostgres(base, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return { url: url.href, drop: async () => void (await drop()) };
}

/** By hand, because `URL` cannot hold the several hosts of a cluster. */
const withQuery = (base: string, pair: string) => `${base}${base.includes('?') ? '&' : '?'}${pair}`;
