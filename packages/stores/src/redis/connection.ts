import { Cluster, Redis } from 'ioredis';
import { StoreAway } from '../store-away.ts';
import { isAway } from './is-away.ts';

export type RedisConnection = Redis | Cluster;

/** How long one command may take, ms; Redis answers in well under one, so this is an outage. */
const commandTimeoutMs = 1_000;
/** A connection that is silent for this long, with commands under way, is dropped: its peer may be gone for good. */
const silenceMs = 5_000;
/**
 * How often a cluster is asked which node has which slots, ms. That a slot has moved is not enough to learn it from:
 * ioredis follows MOVED only where all commands of one pipeline were answered the same, which those of several shards are
 * not, and so would never find a master that took over from one that died.
 */
const slotsRefreshMs = 500;

interface ConnectionOptions {
  /** Who ends the wait for a command: each command's own timer, or the caller, which is cheaper. */
  bounded?: 'by-command' | 'by-caller';
}

/**
 * Opens `redis://[user:password@]host:port[/db]`, `rediss://…` (TLS) or
 * `redis+cluster://[user:password@]host:port,host:port,…`; `?prefix=` goes before every key. It connects in the
 * background and goes on trying: commands fail at once while it is away.
 */
export function connectRedis(url: string, { bounded = 'by-command' }: ConnectionOptions = {}): RedisConnection {
  const { nodes, cluster, tls, username, password, db, prefix } = parseRedisUrl(url);
  const options = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(tls ? { tls: {} } : {}),
    ...(bounded === 'by-command' ? { commandTimeout: commandTimeoutMs } : {}),
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    reconnectOnError: isDemoted,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  };
  const shared = { keyPrefix: prefix, enableAutoPipelining: true };
  const reconnectMs = (times: number) => Math.min(50 * times, 1_000);
  const connection = cluster
    ? new Cluster(nodes, {
        ...shared,
        redisOptions: options,
        enableOfflineQueue: false,
        slotsRefreshInterval: slotsRefreshMs,
        clusterRetryStrategy: reconnectMs,
      })
    : new Redis({ ...shared, ...options, ...nodes[0], db, retryStrategy: reconnectMs });
  connection.on('error', () => undefined); // every command reports its own failure, and the connection is retried
  return connection;
}

/** Waits until commands can be sent, at most `timeoutMs`; false when the store stays away. */
export function untilConnected(connection: RedisConnection, timeoutMs: number): Promise<boolean> {
  if (connection.status === 'ready') return Promise.resolve(true);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const ready = () => resolve(true);
  connection.once('ready', ready);
  return promise.finally(() => {
    clearTimeout(timer);
    connection.off('ready', ready);
  });
}

export async function isReady(connection: RedisConnection): Promise<boolean> {
  return connection.ping().then(
    () => true,
    () => false,
  );
}

/** What the store answers, or `StoreAway`; an error reply that does not mean that is thrown, without what was asked. */
export async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    forgetCommand(error);
    throw isAway(error) && !(error instanceof StoreAway) ? new StoreAway(error) : error;
  }
}

/** What tells installations apart that share a Redis: the prefix of their keys, or the number of their database. */
export function installationOf(url: string): string {
  const { prefix, db } = parseRedisUrl(url);
  return `${db}/${prefix}`;
}

/**
 * ioredis puts the command with its arguments on its errors, and a logger prints what it finds there: records and events,
 * with addresses and paths of callers.
 */
function forgetCommand(error: unknown): void {
  if (error instanceof Error) Reflect.deleteProperty(error, 'command');
}

/** A master that became a replica: its name may lead to the new master by now. */
function isDemoted({ message }: Error): boolean {
  return message.startsWith('READONLY');
}

interface RedisUrl {
  nodes: { host: string; port: number }[];
  cluster: boolean;
  tls: boolean;
  username: string;
  password: string;
  db: number;
  prefix: string;
}

function parseRedisUrl(text: string): RedisUrl {
  const match =
    /^(redis|rediss|redis\+cluster|rediss\+cluster):\/\/(?:([^@/]*)@)?([^/?]+)(?:\/(\d+))?(?:\?(.*))?$/.exec(text);
  if (!match)
    throw new Error('REDIS_URL is not of the form redis://host:port/db or redis+cluster://host:port,host:port');
  const [, scheme = '', credentials = '', hosts = '', db = '0', query = ''] = match;
  const [username = '', ...password] = credentials.split(':');
  return {
    nodes: hosts.split(',').map((host) => {
      const { hostname, port } = new URL(`redis://${host}`);
      return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
    }),
    cluster: scheme.endsWith('+cluster'),
    tls: scheme.startsWith('rediss'),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password.join(':')),
    db: Number(db),
    prefix: new URLSearchParams(query).get('prefix') ?? '',
  };
}
