import { decisionIn } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import { readBytes, readUnsentBytes } from '@keyward/stores/outbox-reading';
import type { OutboxEntry } from '@keyward/stores/ports/outbox';
import { allShards, shardOf } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expect, it } from 'vitest';
import { decideCommand, openShards, outboxEntries, type ShardsUnderTest } from './shards-under-test.ts';

const longMs = 60_000;
const largeBytes = 200 * 1_024;
const shortMs = 150;

/** Decides `count` requests of one client and answers their events, in order. */
async function fill(shards: ShardsUnderTest, count: number): Promise<{ shard: number; events: ValidationEvent[] }> {
  const [environmentId, clientId] = [newId(), newId()];
  await shards.projection.putEnvironmentVersion(environmentId, 1);
  await shards.projection.putClientVersion(clientId, 1);
  for (let i = 0; i < count; i++) await shards.store.decide(decideCommand({ environmentId, clientId }));
  const shard = shardOf(clientId);
  return { shard, events: (await shards.outbox.read([shard], 1_000)).map(({ event }) => decisionIn(event)) };
}

describeRedisBackends('outbox', (backend) => {
  it('gives a lease to one relay at a time, until it is released', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    expect(await outbox.claim('one', [3, 4, 5], longMs)).toEqual([3, 4, 5]);
    expect(await outbox.claim('two', allShards, longMs)).toEqual(allShards.filter((shard) => shard < 3 || shard > 5));
    expect(await outbox.claim('one', [3, 4, 5, 6], longMs)).toEqual([3, 4, 5]);
    await outbox.release('two', [3]);
    expect(await outbox.claim('two', [3], longMs)).toEqual([]);
    await outbox.release('one', [3]);
    expect(await outbox.claim('two', [3, 4], longMs)).toEqual([3]);
  });

  it('gives each lease to one of 20 relays that ask at once', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using other = await openShards(url);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? shards : other).outbox.claim(`relay ${i}`, allShards, longMs)),
    );
    expect(claims.flat().toSorted((a, b) => a - b)).toEqual(allShards);
  });

  it('lets a lease run out, and keeps one that is renewed', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    expect(await outbox.claim('one', [7, 8], shortMs)).toEqual([7, 8]);
    await outbox.claim('one', [8], longMs);
    expect(await outbox.claim('two', [7], longMs)).toEqual([]);
    const taken = () => outbox.claim('two', [7, 8], longMs).then((held) => held.length > 0 && held);
    expect(await waitUntil(taken, { what: 'the lease to run out', timeoutMs: 5_000 })).toEqual([7]);
    expect(await outbox.claim('one', [7], longMs)).toEqual([]);
  });

  it('counts the relays that live', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    expect(await outbox.heartbeat('one', longMs)).toBe(1);
    expect(await outbox.heartbeat('two', shortMs)).toBe(2);
    expect(await outbox.heartbeat('one', longMs)).toBe(2);
    const alone = async () => (await outbox.heartbeat('one', longMs)) === 1;
    await waitUntil(alone, { what: 'the other relay to be given up', timeoutMs: 5_000 });
    expect(await outbox.heartbeat('two', longMs)).toBe(2);
  });

  it('reads the oldest entries of each shard asked for, in order', async () => {
    await using shards = await openShards(await backend.url());
    const one = await fill(shards, 30);
    let two = await fill(shards, 30);
    while (two.shard === one.shard) two = await fill(shards, 30);
    const decided = (events: ValidationEvent[]) => events.map(({ decidedAtMs }) => decidedAtMs);
    expect(decided(one.events)).toEqual(decided(one.events).toSorted((a, b) => a - b));
    expect(one.events).toHaveLength(30);
    const entries = await shards.outbox.read([two.shard, one.shard], 10);
    const inShard = (shard: number) =>
      entries.filter((entry) => entry.shard === shard).map(({ event }) => decisionIn(event));
    expect(inShard(one.shard)).toEqual(one.events.slice(0, 10));
    expect(inShard(two.shard)).toEqual(two.events.slice(0, 10));
    expect(entries).toHaveLength(20);
    expect(await shards.outbox.read([], 10)).toEqual([]);
  });

  it('reads fewer entries when they are large, and knows how much memory takes what stands behind small ones', async () => {
    await using shards = await openShards(await backend.url());
    const [environmentId, clientId] = [newId(), newId()];
    const shard = shardOf(clientId);
    await shards.projection.putEnvironmentVersion(environmentId, 1);
    await shards.projection.putClientVersion(clientId, 1);
    const add = async (count: number, methodPath: string) => {
      const event = JSON.stringify({ id: newId(), environmentId, clientId, keyId: newId(), methodPath, durationUs: 1 });
      const commands = Array.from({ length: count }, () => decideCommand({ environmentId, clientId, event }));
      await Promise.all(commands.map((command) => shards.store.decide(command)));
    };
    await add(100, 'GET:/small');
    await add(60, `GET:/${'x'.repeat(largeBytes)}`);
    const [backlog] = await shards.outbox.backlogs([shard]);
    expect(backlog?.bytes).toBeGreaterThan(60 * largeBytes);
    const unsent = await shards.outbox.readUnsent(shard, { limit: 500 });
    expect(unsent.length).toBeGreaterThan(100);
    expect(bytesIn(unsent)).toBeLessThan(readUnsentBytes + 2 * largeBytes);
    const all = await shards.outbox.read([shard], 500);
    const place = { shard, position: all[109]?.position ?? '', edition: 0 };
    await shards.outbox.claim('one', [shard], longMs);
    await shards.outbox.markSent('one', [place]);
    await shards.outbox.trim('one', new Map([[shard, place.position]]));
    const share = await shards.outbox.read(allShards, 500);
    expect(share.length).toBeGreaterThan(0);
    expect(bytesIn(share)).toBeLessThan(readBytes / allShards.length + 2 * largeBytes);
    expect(share.map(({ position }) => position)).toEqual(
      all.slice(110, 110 + share.length).map(({ position }) => position),
    );
  });

  it('trims up to and including a position, and again without harm', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    const { shard, events } = await fill(shards, 10);
    await outbox.claim('one', [shard], longMs);
    const entries = await outbox.read([shard], 4);
    const position = entries.at(-1)?.position ?? '';
    await outbox.markSent('one', entries);
    await outbox.trim('one', new Map([[shard, position]]));
    await outbox.trim('one', new Map([[shard, position]]));
    expect((await outbox.read([shard], 100)).map(({ event }) => decisionIn(event))).toEqual(events.slice(4));
  });

  it('trims nothing for a relay that does not hold the lease, or no longer does', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    const { shard } = await fill(shards, 5);
    const entries = await outbox.read([shard], 5);
    const position = entries.at(-1)?.position ?? '';
    const trim = async (relay: string) => {
      await outbox.markSent(relay, entries);
      await outbox.trim(relay, new Map([[shard, position]]));
    };
    await trim('one');
    await outbox.claim('one', [shard], longMs);
    await trim('two');
    await outbox.release('one', [shard]);
    await trim('one');
    await outbox.claim('two', [shard], longMs);
    await trim('one');
    expect(await outboxEntries(outbox)).toHaveLength(5);
    await trim('two');
    expect(await outboxEntries(outbox)).toEqual([]);
  });
});

const bytesIn = (entries: readonly OutboxEntry[]) => entries.reduce((sum, { bytes }) => sum + bytes, 0);
