import { Cluster, type Redis } from 'ioredis';
import type { HeldRecord } from '../ports/projection-store.ts';
import { asking, type RedisConnection } from './connection.ts';
import { recordKeys } from './keys.ts';
import { literally } from './literally.ts';
import { readRecord } from './record.ts';

const scanCount = 1_000;

/** Reads through every master. SCAN knows nothing of the connection's key prefix, and its keys carry it. */
export async function* scanRecords(redis: RedisConnection): AsyncIterable<readonly HeldRecord[]> {
  const prefix = redis.options.keyPrefix ?? '';
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for await (const keys of scanNode(node, literally(prefix) + recordKeys.pattern)) {
      const held = keys.map((key) => key.slice(prefix.length));
      const texts = await asking(Promise.all(held.map((key) => redis.get(key))));
      yield held.flatMap((key, i) => readHeld(key, texts[i]));
    }
  }
}

async function* scanNode(node: Redis, pattern: string): AsyncIterable<string[]> {
  let cursor = '0';
  do {
    const [next, keys] = await asking(node.scan(cursor, 'MATCH', pattern, 'COUNT', scanCount));
    if (keys.length > 0) yield keys;
    cursor = next;
  } while (cursor !== '0');
}

function readHeld(key: string, text: string | null | undefined): HeldRecord[] {
  const parsed = recordKeys.parse(key);
  // Keys of either kind hold records of that kind, which only our own projection writes.
  const record = readRecord<never>(text);
  return record === undefined ? [] : [{ ...parsed, record }];
}
