import { type UsageSummary, usageSummaryType } from '@keyward/contract/usage-summary';
import { newId } from '@keyward/kit/random';
import { openOutboxAccounts } from '@keyward/stores/open-shards';
import type { OutboxAccount } from '@keyward/stores/ports/outbox-accounts';
import { shardOf } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { decideCommand, openShards, type ShardsUnderTest, urlFor } from './shards-under-test.ts';

const longMs = 60_000;

const summary: UsageSummary = {
  id: newId(),
  events: 3,
  counts: [
    {
      hourMs: 0,
      environmentId: newId(),
      clientId: newId(),
      keyId: newId(),
      endpoint: '*',
      verdict: 'ALLOWED',
      count: 3,
      cost: 3,
      durationUs: 9,
      durations: [3],
      lastDecidedAtMs: 1,
    },
  ],
};

/** A client's shard with `count` decisions in its outbox, owned by the relay `one`. */
async function filled({ projection, store, outbox }: ShardsUnderTest, count: number) {
  const [environmentId, clientId] = [newId(), newId()];
  await projection.completeRebuild(await projection.beginRebuild());
  await projection.putEnvironmentVersion(environmentId, 1);
  await projection.putClientVersion(clientId, 1);
  const shard = shardOf(clientId);
  const decide = () => store.decide(decideCommand({ environmentId, clientId }));
  for (let i = 0; i < count; i++) await decide();
  await outbox.claim('one', [shard], longMs);
  const entries = await outbox.read([shard], count);
  const positions = entries.map(({ position }) => position);
  /** The places in `positions` of what is there now; a summary is its own type. */
  const left = async () => {
    const there = await outbox.read([shard], 1_000);
    return there.map(({ event, position }) =>
      event.type === usageSummaryType ? event.data : positions.indexOf(position),
    );
  };
  const collapse = (of: readonly number[], relay = 'one') =>
    outbox.collapse(relay, {
      shard,
      decisions: of.length,
      summaries: [summary],
      positions: of.map((i) => positions[i] ?? ''),
    });
  return { shard, entries, positions, left, collapse, decide };
}

describeRedisBackends('an outbox over its room', (backend) => {
  it('puts a summary at the end in the place of entries, and counts what went', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using accounts = await openOutboxAccounts(await urlFor(url, 'admin-api'));
    const { shard, left, collapse } = await filled(shards, 6);
    const before = accountOf(await accounts.read(), shard);
    expect(before).toMatchObject({ added: 6, waiting: 6, collapsed: 0, eventsCollapsed: 0, buried: 0 });
    expect(before?.incarnation).not.toBe('');
    expect(await collapse([0, 1, 3])).toBe(true);
    expect(await left()).toEqual([2, 4, 5, summary]);
    const after = { added: 7, waiting: 4, collapsed: 3, eventsCollapsed: 3, buried: 0 };
    expect(accountOf(await accounts.read(), shard)).toEqual({ ...before, ...after });
  });

  it('collapses nothing for a relay without the lease, nothing that may be in the log, nothing that is gone', async () => {
    await using shards = await openShards(await backend.url());
    const { entries, left, collapse } = await filled(shards, 6);
    expect(await collapse([0, 1], 'two')).toBe(false);
    expect(await shards.outbox.markSent('one', entries.slice(0, 2))).toHaveLength(1);
    expect(await collapse([1, 2])).toBe(false);
    expect(await collapse([2, 3])).toBe(true);
    expect(await collapse([3, 4])).toBe(false);
    expect(await left()).toEqual([0, 1, 4, 5, summary]);
  });

  it('reads for collapsing only what comes after the mark', async () => {
    await using shards = await openShards(await backend.url());
    const { shard, entries, positions } = await filled(shards, 6);
    const unsent = async (options: { after?: string; limit: number }) =>
      (await shards.outbox.readUnsent(shard, options)).map(({ position }) => positions.indexOf(position));
    expect(await unsent({ limit: 2 })).toEqual([0, 1]);
    await shards.outbox.markSent('one', entries.slice(0, 3));
    expect(await unsent({ limit: 2 })).toEqual([3, 4]);
    expect(await unsent({ limit: 9, after: positions[0] ?? '' })).toEqual([3, 4, 5]);
    expect(await unsent({ limit: 9, after: positions[4] ?? '' })).toEqual([5]);
  });

  it('lets nothing be sent that was read before entries gave way, also when the lease has come back', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    const { shard, entries, positions, left, collapse } = await filled(shards, 6);
    // The first relay stands still after its read; the second takes over, collapses, and gives the lease back.
    await outbox.release('one', [shard]);
    expect(await outbox.claim('two', [shard], longMs)).toEqual([shard]);
    expect(await outbox.markSent('one', entries)).toEqual([]);
    expect(await collapse([0, 1, 2], 'two')).toBe(true);
    await outbox.release('two', [shard]);
    expect(await outbox.claim('one', [shard], longMs)).toEqual([shard]);
    expect(await outbox.markSent('one', entries)).toEqual([]);
    await outbox.trim('one', new Map([[shard, positions.at(-1) ?? '']]));
    expect(await left()).toEqual([3, 4, 5, summary]);
    expect(await outbox.markSent('one', await outbox.read([shard], 100))).toEqual([shard]);
  });

  it('marks nothing as sent that is not there any more, so that nothing is trimmed in its place', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    const { shard, entries, positions, left } = await filled(shards, 3);
    await outbox.bury('one', { shard, position: positions[2] ?? '', reason: 'as if it had been lost' });
    expect(await outbox.markSent('one', entries)).toEqual([]);
    await outbox.trim('one', new Map([[shard, positions[2] ?? '']]));
    expect(await left()).toEqual([0, 1]);
    expect(await outbox.markSent('one', entries.slice(0, 2))).toEqual([shard]);
  });

  it('trims nothing that is not marked as sent', async () => {
    await using shards = await openShards(await backend.url());
    const { shard, entries, positions, left } = await filled(shards, 3);
    await shards.outbox.markSent('one', entries.slice(0, 1));
    await shards.outbox.trim('one', new Map([[shard, positions[2] ?? '']]));
    expect(await left()).toEqual([0, 1, 2]);
  });

  it('keeps its mark when a part of what was sent is sent again', async () => {
    await using shards = await openShards(await backend.url());
    const { entries, collapse } = await filled(shards, 4);
    await shards.outbox.markSent('one', entries.slice(0, 3));
    await shards.outbox.markSent('one', entries.slice(0, 1));
    expect(await collapse([2])).toBe(false);
  });

  it('moves an entry to the dead list once, where it waits until it is dropped', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using accounts = await openOutboxAccounts(await urlFor(url, 'admin-api'));
    const { shard, entries, positions, left } = await filled(shards, 4);
    const bury = (relay: string) =>
      shards.outbox.bury(relay, { shard, position: positions[1] ?? '', reason: 'too large' });
    expect(await bury('two')).toBe(false);
    expect(await accounts.listBuried(10)).toEqual([]);
    expect([await bury('one'), await bury('one')]).toEqual([true, true]);
    expect(await left()).toEqual([0, 2, 3]);
    const buried = await accounts.listBuried(10);
    const account = accountOf(await accounts.read(), shard);
    expect(account).toMatchObject({ added: 4, waiting: 3, buried: 1 });
    const event = entries[1]?.event;
    expect(buried).toMatchObject([
      { shard, position: positions[1], reason: 'too large', type: event?.type, incarnation: account?.incarnation },
    ]);
    expect(JSON.parse(buried[0]?.value ?? '')).toEqual(event && 'data' in event ? event.data : undefined);
    await accounts.dropBuried(buried);
    await accounts.dropBuried(buried);
    expect(await accounts.listBuried(10)).toEqual([]);
    expect(accountOf(await accounts.read(), shard)).toMatchObject({ buried: 1 });
  });

  it('says how much waits, and for how long', async () => {
    await using shards = await openShards(await backend.url());
    const { shard } = await filled(shards, 50);
    const empty = (shard + 1) % 64;
    const [full, none] = await shards.outbox.backlogs([shard, empty]);
    expect(full).toMatchObject({ shard, entries: 50 });
    expect(full?.bytes).toBeGreaterThan(50 * 200);
    expect(full?.bytes).toBeLessThan(50 * 2_000);
    expect(full?.ageMs).toBeLessThan(60_000);
    expect(none).toMatchObject({ shard: empty, entries: 0, ageMs: 0 });
  });
});

const accountOf = (accounts: readonly OutboxAccount[], shard: number) => accounts.find((each) => each.shard === shard);
