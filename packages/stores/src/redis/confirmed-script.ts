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
 * replicated nor kept. So a validator loads the script nowhere but where the shard's confirmed run_id is the process'
 * own, and asks for that only when it meets NOSCRIPT: an ordinary call costs nothing more.
 */
export function defineConfirmedScript(
  redis: RedisConnection,
  { name, installation, build = (lua) => lua }: ConfirmedScriptOptions,
): ShardScript {
  // The comment makes it a script of its own for each installation: none is served by another's confirmation.
  const lua = `${build(readLua(name))}\n-- ${JSON.stringify(installation)}\n`;
  const sha = createHash('sha1').update(lua).digest('hex');
  const isConfirmed = readLua('is-confirmed.1');

  async function load(shard: number, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const confirmed = await redis.eval(isConfirmed, 1, redisKeys.confirmedRun(shard));
    if (confirmed !== 1) throw new StoreAway(new Error(`the Redis process of shard ${shard} is not confirmed yet`));
    return redis.eval(lua, keys.length, ...keys, ...args);
  }

  return (shard, keys, args) =>
    asking(
      redis.evalsha(sha, keys.length, ...keys, ...args).catch((error: unknown) => {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return load(shard, keys, args);
      }),
    );
}
