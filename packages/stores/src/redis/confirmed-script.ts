import { createHash } from 'node:crypto';
import { StoreAway } from '../store-away.ts';
import { asking, type RedisConnection } from './connection.ts';
import { redisKeys } from './keys.ts';
import { readLua } from './read-lua.ts';

/** A script of one shard, called by its keys and arguments; throws `StoreAway` when the store cannot be asked. */
export type ShardScript = (
  shard: number,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

interface ConfirmedScriptOptions {
  name: string;
  /** Tells installations on one Redis apart. */
  installation: string;
  build?: (lua: string) => string;
}

/**
 * A script that runs only on a Redis process which the projector has confirmed (design.md §3): after a failover the new
 * master may lack the last changes, and must not decide before they were asserted again.
 *
 * What tells a new process is that it does not know the script: the cache of scripts is each process' own, it is neither
 * replicated nor kept. So a validator loads the script nowhere but where the shard's confirmed run is the process' own,
 * and asks for that only when it meets NOSCRIPT. A process that was the master once, and follows another one, keeps its
 * scripts; so each is bound to the run that it was loaded for, and refuses once the data are confirmed for another or none.
 */
export function defineConfirmedScript(
  redis: RedisConnection,
  { name, installation, build = (lua) => lua }: ConfirmedScriptOptions,
): ShardScript {
  const lua = build(readLua(name));
  const confirmedRun = readLua('confirmed-run.1');
  /** What the script is called by in each shard, where it was loaded before. */
  const loaded = new Map<number, string>();

  async function load(shard: number, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const run = await redis.eval(confirmedRun, 1, redisKeys.confirmedRun(shard));
    if (typeof run !== 'string') throw new StoreAway(new Error(`the Redis of shard ${shard} is not confirmed yet`));
    const bound = bind(lua, { run, installation });
    const answer = await redis.eval(bound, keys.length, ...keys, ...args);
    loaded.set(shard, createHash('sha1').update(bound).digest('hex'));
    return answer;
  }

  async function call(shard: number, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const sha = loaded.get(shard);
    if (sha === undefined) return load(shard, keys, args);
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnconfirmed(error)) throw error;
      return load(shard, keys, args);
    }
  }

  return (shard, keys, args) => asking(call(shard, [...keys, redisKeys.confirmedRun(shard)], args));
}

/**
 * The script as one of this run and installation alone: none is served by another's confirmation. Its last key holds the
 * shard's confirmed run.
 */
function bind(lua: string, { run, installation }: { run: string; installation: string }): string {
  const guard = `if redis.call('GET', KEYS[#KEYS]) ~= '${run}' then return redis.error_reply('${unconfirmed}') end`;
  return `${lua.replace('\n', () => `\n${guard}\n`)}\n-- ${JSON.stringify(installation)}\n`;
}

const unconfirmed = 'UNCONFIRMED the shard was confirmed for another run';

function isUnconfirmed(error: unknown): boolean {
  return error instanceof Error && /^(NOSCRIPT|UNCONFIRMED) /.test(error.message);
}
