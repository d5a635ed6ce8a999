import { systemClock } from '@keyward/kit/clock';
import type { Backlog } from '@keyward/stores/ports/outbox';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { showRelayMetrics } from '../src/relay/relay-metrics.ts';
import { RelayProgress } from '../src/relay/relay-progress.ts';
import { SeededShards } from './seeded-shards.ts';
import { ask, startValidator } from './validator-fixture.ts';

const backlog = (shard: number, entries: number, ageMs: number): Backlog => ({ shard, entries, bytes: 1, ageMs });

/** The figures without labels, by name. */
function figuresIn(text: string): Record<string, number> {
  const lines = [...text.matchAll(/^(keyward_[a-z_]+) (\S+)$/gm)];
  return Object.fromEntries(lines.map(([, name = '', value]) => [name, Number(value)]));
}

function metricsOf(backlogs: () => Promise<Backlog[]>) {
  const [metrics, progress] = [new Registry(), new RelayProgress(systemClock)];
  showRelayMetrics(metrics, { outbox: { backlogs }, leases: { owned: () => [1, 2] }, progress });
  return { progress, read: async () => figuresIn(await metrics.metrics()) };
}

test('a relay shows what waits, what it did, and what it is waiting for', async () => {
  const { progress, read } = metricsOf(async () => [backlog(1, 3, 2_500), backlog(2, 4, 0)]);
  progress.moved(10);
  progress.moved(5);
  progress.failed();
  progress.buried();
  progress.collapsed(7);
  const shown = {
    keyward_outbox_waiting_entries: 7,
    keyward_outbox_waiting_bytes: 2,
    keyward_outbox_oldest_entry_age_seconds: 2.5,
    keyward_relay_owned_shards: 2,
    keyward_relay_events_total: 15,
    keyward_relay_batches_total: 2,
    keyward_relay_failures_total: 1,
    keyward_relay_buried_entries_total: 1,
    keyward_relay_collapsed_events_total: 7,
    keyward_relay_unacknowledged_age_seconds: 0,
  };
  expect(await read()).toEqual(shown);
  expect(await read()).toEqual(shown);
  const sent = progress.sending(() => Promise.reject(new Error('the log is away')));
  await expect(sent).rejects.toThrow();
  expect((await read()).keyward_relay_unacknowledged_age_seconds).toBeGreaterThan(0);
});

test('a store that fails or hangs leaves its figures out, and the others are shown', async () => {
  for (const backlogs of [() => Promise.reject(new Error('away')), () => new Promise<Backlog[]>(() => undefined)]) {
    const figures = await metricsOf(backlogs).read();
    expect(figures).not.toHaveProperty('keyward_outbox_waiting_entries');
    expect(figures).toMatchObject({ keyward_relay_owned_shards: 2 });
  }
});

test('a validator shows its metrics', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await startValidator(shards);
  await ask(validator.url, [shards.request()]);
  const relayed = async () => {
    const response = await fetch(`${validator.url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    return figuresIn(await response.text()).keyward_relay_events_total;
  };
  await expect.poll(relayed, { timeout: 5_000 }).toBe(1);
});
