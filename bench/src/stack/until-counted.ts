import { shardCount } from '@keyward/stores/shards';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import type { Installation } from './installation.ts';
import { readMetric } from './read-metric.ts';

const patienceMs = 180_000;

/** Resolves when the validator relays what waits in all outboxes. */
export async function untilRelaying({ hotPath: { validatorUrl } }: Installation): Promise<void> {
  const isRelaying = async () => (await readMetric(validatorUrl, 'keyward_relay_owned_shards')) === shardCount;
  await waitUntil(isRelaying, { what: 'the validator to relay', timeoutMs: patienceMs, everyMs: 200 });
}

/** Resolves when the events of calls are in Kafka. */
export async function untilRelayed({ hotPath: { validatorUrl } }: Installation): Promise<void> {
  const isRelayed = async () => (await readMetric(validatorUrl, 'keyward_outbox_waiting_entries')) === 0;
  await waitUntil(isRelayed, { what: 'the outboxes to be empty', timeoutMs: patienceMs, everyMs: 200 });
}

/** Resolves when what calls have left to do is done: their events are in Kafka, and are counted. */
export async function untilCounted(installation: Installation): Promise<void> {
  await untilRelayed(installation);
  const { hotPath, ingestUrl } = installation;
  const relayed = await readMetric(hotPath.validatorUrl, 'keyward_relay_events_total');
  const isCounted = async () => (await readMetric(ingestUrl, 'keyward_ingest_events_total')) >= relayed;
  await waitUntil(isCounted, { what: 'all events to be counted', timeoutMs: patienceMs, everyMs: 100 });
}
