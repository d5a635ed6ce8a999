import { lookup } from 'node:dns';
import { systemClock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { Cluster, type DNSLookupFunction, Redis } from 'ioredis';
import { StoreAway } from '../store-away.ts';
import { isAway } from './is-away.ts';
import { parseRedisUrl, type RedisTarget } from './redis-url.ts';
import { tellingConnector } from './telling-connector.ts';

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

/** How long a store that is opened waits for its connection, ms. */
const openingMs = 5_000;

/** How often the same outage is told, ms. */
const toldEveryMs = 30_000;

interface ConnectionOptions {
  /** Who ends the wait for a command: each command's own timer, or the caller, which is cheaper. */
  bounded?: 'by-command' | 'by-caller';
  /** Told why there is no connection. */
  logger?: Logger | undefined;
}

/**
 * Opens the Redis of a URL (redis-url.ts). It connects in the background and goes on trying: commands fail at once while it is
 * away.
 */
export function connectRedis(url: string, { bounded = 'by-command', logger }: ConnectionOptions = {}): RedisConnection {
  const target = parseRedisUrl(url);
  const { kind, tls, credentials, db, prefix } = target;
  if (logger) tls?.tellTo(logger);
  const options = {
    ...credentials,
    ...(tls ? { tls: tls.asOptions() } : {}),
    ...(bounded === 'by-command' ? { commandTimeout: commandTimeoutMs } : {}),
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    reconnectOnError: isDemoted,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Nobody needs it, and a user whom an ACL lets do what we do and no more may not say it.
    disableClientInfo: true,
  };
  const shared = { keyPrefix: prefix, enableAutoPipelining: true };
  const tell = logger ? tellOf(logger) : () => undefined;
  const connection =
    kind === 'cluster'
      ? new Cluster(target.addresses, {
          ...shared,
          redisOptions: { ...options, Connector: tellingConnector(tell) },
          enableOfflineQueue: false,
          slotsRefreshInterval: slotsRefreshMs,
          clusterRetryStrategy: reconnectMs,
          // A certificate is of a name: it has to be the one that is connected to, not the address that it stands for.
          dnsLookup: tls ? asItIs : lookup,
        })
      : new Redis({ ...shared, ...options, ...placeOf(target), db, retryStrategy: reconnectMs });
  connection.on('error', tell); // the connection is retried
  return connection;
}

/** A store on a connection of its own, once that is there or has not come for 5 s. A store that cannot be made leaves none behind. */
export async function openOnRedis<T>(
  url: string,
  { make, ...options }: ConnectionOptions & { make: (redis: RedisConnection) => T },
): Promise<T> {
  const redis = connectRedis(url, options);
  try {
    const store = make(redis);
    await untilConnected(redis, openingMs);
    return store;
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

function placeOf(target: Exclude<RedisTarget, { kind: 'cluster' }>) {
  if (target.kind === 'single') return target.address;
  const { addresses, master, sentinelCredentials, tls } = target;
  const { username, password } = sentinelCredentials;
  return {
    sentinels: addresses,
    name: master,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls ? { sentinelTLS: tls.asOptions(), enableTLSForSentinelMode: true } : {}),
    sentinelRetryStrategy: reconnectMs,
    sentinelCommandTimeout: commandTimeoutMs,
    // Without `failoverDetector`: it closes a connection that is just being opened, and ioredis then gives it up for ever. A master
    // that hangs is left after `socketTimeout`, and one that was replaced says READONLY.
  };
}

const reconnectMs = (times: number) => Math.min(50 * times, 1_000);
const asItIs: DNSLookupFunction = (hostname, callback) => callback(null, hostname);

/** Every command reports that it failed; this tells why: a certificate, a password, a name that leads nowhere. */
function tellOf(logger: Logger): (error: Error & { lastNodeError?: Error }) => void {
  const warn = occasionalWarning({
    logger,
    clock: systemClock,
    message: 'Redis cannot be reached, trying again',
    everyMs: toldEveryMs,
  });
  return (error) => {
    const cause = error.lastNodeError ?? error; // of a cluster, why its last node did not answer
    forgetCommand(cause); // of a refused login, it holds the password
    warn(cause);
  };
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
