import { crc32 } from 'node:zlib';

export const shardCount = 64;
export const allShards: readonly number[] = Array.from({ length: shardCount }, (_, shard) => shard);

/** The shard that an id (of a client, an environment) or a digest's text lives in. Fixed for ever: data is laid by it. */
export function shardOf(text: string): number {
  return crc32(text) % shardCount;
}
