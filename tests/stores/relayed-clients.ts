import { newId } from '@keyward/kit/random';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { shardCount, shardOf } from '@keyward/stores/shards';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { decideCommand, outboxEntries, type ShardsUnderTest } from './shards-under-test.ts';

/** An id that lives in that shard. */
export function idIn(shard: number): string {
  for (;;) {
    const id = newId();
    if (shardOf(id) === shard) return id;
  }
}

/** Clients, one shard after the other, and requests of theirs. */
export async function clientsOf({ projection, store }: ShardsUnderTest, count: number) {
  const environmentId = newId();
  await projection.putEnvironmentVersion(environmentId, 1);
  const clients = Array.from({ length: count }, (_, i) => idIn(i % shardCount));
  await Promise.all(clients.map((clientId) => projection.putClientVersion(clientId, 1)));
  /** Each client, or those of some shards, makes `times` requests; answers the event ids of each of them, in order. */
  return async (times: number, isAsked = (_shard: number) => true): Promise<string[][]> =>
    Promise.all(
      clients
        .filter((clientId) => isAsked(shardOf(clientId)))
        .map(async (clientId) => {
          const ids = Array.from({ length: times }, newId);
          for (const eventId of ids) await store.decide(decideCommand({ environmentId, clientId, eventId }));
          return ids;
        }),
    );
}

export function untilEmpty(outbox: Outbox): Promise<true> {
  return waitUntil(async () => (await outboxEntries(outbox)).length === 0, {
    what: 'the outboxes to be empty',
    timeoutMs: 20_000,
  });
}
