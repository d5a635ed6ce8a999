import type { UnbalancedShard } from '@keyward/contract/routes/conservation';
import type { OutboxAccount } from '@keyward/stores/ports/outbox-accounts';
import type { Static } from 'typebox';

export type ShardBalance = Static<typeof UnbalancedShard>;

/** What ingest has noted of one outbox. */
export interface OutboxCounted {
  counted: number;
  buried: number;
}

interface Looks {
  before: OutboxAccount;
  /** The same outbox, looked at after the counts; undefined: it was lost meanwhile. */
  after: OutboxAccount | undefined;
  count: OutboxCounted | undefined;
}

/** One outbox, held against its counts. What was counted between the looks is between them, and no difference. */
export function balanceShard({ before, after, count }: Looks): ShardBalance {
  const { counted = 0, buried: buriedByIngest = 0 } = count ?? {};
  const kept = counted + buriedByIngest;
  const left = before.added - before.waiting - before.collapsed - before.buried;
  const { shard, incarnation, added, waiting, collapsed, eventsCollapsed, buried } = before;
  return {
    ...{ shard, incarnation, added, waiting, collapsed, eventsCollapsed, buried, counted, buriedByIngest },
    missing: Math.max(0, left - kept),
    surplus: after ? Math.max(0, kept - (after.added - after.collapsed - after.buried)) : 0,
  };
}

const numbers = [
  'added',
  'waiting',
  'collapsed',
  'eventsCollapsed',
  'buried',
  'counted',
  'buriedByIngest',
  'missing',
  'surplus',
] as const;

/** Number by number, so that what is missing in one shard is not made good by a surplus in another. */
export function sumUp(shards: readonly ShardBalance[]): Pick<ShardBalance, (typeof numbers)[number]> {
  const sumOf = (name: (typeof numbers)[number]) => shards.reduce((sum, shard) => sum + shard[name], 0);
  const sums = numbers.map((name) => [name, sumOf(name)]);
  return Object.fromEntries(sums); // every name of the list
}
