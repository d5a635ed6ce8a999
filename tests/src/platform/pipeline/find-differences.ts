import type { Verdict } from '@keyward/contract/verdict';
import { allShards, shardOf } from '@keyward/stores/shards';
import type { PipelineLoad, Told } from './pipeline-load.ts';
import type { PipelineStores } from './pipeline-stores.ts';
import { type Counted, readCounted } from './read-counted.ts';
import { readOutboxes } from './read-outboxes.ts';

const shown = 10;
const logs = 'request_log';

/**
 * Holds what the callers were told, what the outboxes took in and what Postgres counted against each other: by shard, by client
 * and verdict, and by the order of each client's events. Each difference is a line; none: all is there, once and in order.
 * The load must be the only one of this pipeline.
 */
export async function findDifferences({ told }: PipelineLoad, { redis, postgres }: PipelineStores): Promise<string[]> {
  const [outboxes, counted] = await Promise.all([readOutboxes(redis.url), readCounted(postgres.url)]);
  const wanted = allShards.map((shard) =>
    [...told].reduce((sum, [client, calls]) => sum + (shardOf(client) === shard ? calls.length : 0), 0),
  );
  const differences = [
    ...allShards.flatMap((shard) =>
      outboxes[shard]?.added === wanted[shard]
        ? []
        : [`shard ${shard}: told ${wanted[shard]}, entries added ${outboxes[shard]?.added}`],
    ),
    ...differentSums(sumsOf(told), counted.sums),
    ...[...told].flatMap(([client, calls]) => differentOrder(client, calls, counted)),
  ];
  return differences.length > shown
    ? [...differences.slice(0, shown), `and ${differences.length - shown} more`]
    : differences;
}

/** As far as counts go: of events that were summed up the logs have no lines, and the order is gone. */
export async function findDifferentCounts({ told }: PipelineLoad, { postgres }: PipelineStores): Promise<string[]> {
  const counted = await readCounted(postgres.url);
  return differentSums(withoutLogs(sumsOf(told)), withoutLogs(counted.sums)).slice(0, shown);
}

function withoutLogs(sums: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...sums].filter(([name]) => !name.startsWith(logs)));
}

/** What the sums in Postgres have to be. */
function sumsOf(told: PipelineLoad['told']): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (what: string) => sums.set(what, (sums.get(what) ?? 0) + 1);
  for (const [client, calls] of told) {
    for (const { verdict } of calls) {
      for (const place of [logs, 'usage_hour']) add(`${place} ${client} ${verdict}`);
      for (const place of ['client_total', 'key_total']) add(`${place} ${client} ${resultOf(verdict)}`);
    }
  }
  return sums;
}

const resultOf = (verdict: Verdict) => (verdict === 'ALLOWED' ? 'success' : 'error');

function differentSums(told: Map<string, number>, counted: Map<string, number>): string[] {
  const names = [...new Set([...told.keys(), ...counted.keys()])].sort();
  return names.flatMap((name) => {
    const [wanted, found] = [told.get(name) ?? 0, counted.get(name) ?? 0];
    return wanted === found ? [] : [`${name}: told ${wanted}, counted ${found}`];
  });
}

function differentOrder(client: string, calls: readonly Told[], { arrivals }: Counted): string[] {
  const arrived = arrivals.get(client) ?? [];
  const at = calls.findIndex(({ eventId }, i) => arrived[i] !== eventId);
  if (at === -1) return [];
  const { eventId } = calls[at] ?? {};
  return [`client ${client}: its event ${at} (${eventId}) came as ${arrived.indexOf(eventId ?? '')}`];
}
