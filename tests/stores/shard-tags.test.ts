import { newId } from '@keyward/kit/random';
import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards, shardCount, shardOf } from '@keyward/stores/shards';
import { describe, expect, it } from 'vitest';
import { seeded } from './seeded.ts';

// No store is asked here, so none is started: this file names startNative for needed-stores.ts.

/** The slot of a Redis key by the cluster specification: CRC16 (XMODEM) of what stands between the first braces. */
function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  const hashed = open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % 16_384;
}

describe('shard tags', () => {
  it('are measured here by the slot function of the specification', () => {
    expect(slotOf('123456789')).toBe(0x31c3);
    expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'));
  });

  it('put shard i into the slots 256·i to 256·i + 255, whatever the key is for', () => {
    for (const shard of allShards) {
      const keys = [redisKeys.projected(shard), redisKeys.environmentVersion(shard, newId()), redisKeys.outbox(shard)];
      for (const key of [...keys, redisKeys.lease(shard)]) expect(Math.floor(slotOf(key) / 256), key).toBe(shard);
    }
    expect(Math.floor(slotOf(redisKeys.relays()) / 256)).toBe(0);
  });

  it('put everything that one script touches into one slot', () => {
    for (let i = 0; i < 500; i++) {
      const [clientId, environmentId] = [newId(), newId()];
      const shard = shardOf(clientId);
      const keys = [
        redisKeys.client(clientId),
        redisKeys.entry(clientId, newId()),
        redisKeys.environmentVersion(shard, environmentId),
        redisKeys.outbox(shard),
        redisKeys.lease(shard),
      ];
      expect(new Set(keys.map(slotOf)).size).toBe(1);
      const digest = newId();
      const read = [redisKeys.key(environmentId, digest), redisKeys.environmentVersion(shardOf(digest), environmentId)];
      expect(new Set(read.map(slotOf)).size).toBe(1);
      expect(slotOf(redisKeys.serverKey(digest))).toBe(slotOf(redisKeys.projected(shardOf(digest))));
    }
  });

  it('spell no key twice: what differs in kind, environment or id is another key', () => {
    const [one, two] = ['0190a3c4-7b1e-7c3a-9f10-000000000001', '0190a3c4-7b1e-7c3a-9f10-000000000002'];
    const keys = [one, two].flatMap((id) => [
      redisKeys.key(id, one),
      redisKeys.key(id, two),
      redisKeys.serverKey(id),
      redisKeys.environment(id),
      redisKeys.environmentVersion(0, id),
      redisKeys.environmentVersion(1, id),
      redisKeys.client(id),
      redisKeys.entry(one, id),
    ]);
    keys.push(
      ...allShards.flatMap((shard) => [redisKeys.projected(shard), redisKeys.outbox(shard), redisKeys.lease(shard)]),
    );
    keys.push(redisKeys.relays());
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('shardOf', () => {
  it.each([
    ['', 0],
    ['0190a3c4-7b1e-7c3a-9f10-0123456789ab', 34],
    ['ffffffff-ffff-4fff-8fff-ffffffffffff', 22],
    ['x3Jd7Qk2mZ0pLrT9vWbYcNfHgAeSiUoPjKlMnBqR4t8', 48],
  ])('never moves %j from its shard: data is laid by it', (text, shard) => {
    expect(shardOf(text)).toBe(shard);
  });

  it('spreads ids of one millisecond, ids of a year and digests evenly', () => {
    const draw = seeded(64);
    const hex = (digits: number) => Array.from({ length: digits }, () => draw(16).toString(16)).join('');
    const id = (ms: number) => {
      const time = ms.toString(16).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
    };
    const yearMs = 31_536_000_000;
    const families = [
      () => id(1_763_000_000_000),
      () => id(1_763_000_000_000 + draw(yearMs)),
      () => Buffer.from(hex(64), 'hex').toString('base64url'),
    ];
    for (const family of families) {
      const counts = allShards.map(() => 0);
      const drawn = 64_000;
      for (let i = 0; i < drawn; i++) {
        const shard = shardOf(family());
        counts[shard] = (counts[shard] ?? Number.NaN) + 1;
      }
      const expected = drawn / shardCount;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // 63 degrees of freedom: mean 63, standard deviation 11.2; 120 is passed by chance once in 50,000 draws.
      expect(chiSquare).toBeLessThan(120);
    }
  });
});
