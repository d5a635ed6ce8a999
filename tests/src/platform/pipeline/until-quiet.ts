import { DecisionRequest } from '@keyward/contract/decisions';
import { createLogger } from '@keyward/kit/logger';
import { openEventConsumer } from '@keyward/stores/open-event-log';
import { withPostgres } from '../../backends/postgres-admin.ts';
import { waitUntil } from '../../backends/wait-until.ts';
import type { PipelineStores } from './pipeline-stores.ts';
import { readOutboxes } from './read-outboxes.ts';

const logger = createLogger({ service: 'test', level: 'silent', schemas: [DecisionRequest] });
const patienceMs = 60_000;

/** Waits until the outboxes are empty. */
export async function untilRelayed({ redis }: PipelineStores): Promise<void> {
  const isEmpty = async () => (await readOutboxes(redis.url)).every(({ waiting }) => waiting === 0);
  await waitUntil(isEmpty, { what: 'the outboxes to be relayed', timeoutMs: patienceMs });
}

/** Waits until the outboxes are empty and all that the log holds was handled, by the offsets stored beside the counts. */
export async function untilQuiet(stores: PipelineStores): Promise<void> {
  await untilRelayed(stores);
  await using reader = await openEventConsumer(stores.eventLogUrl, { logger });
  const isCounted = async () => {
    const { logId, partitions } = await reader.ends();
    const stored = await readOffsets(stores.postgres.url, logId);
    return partitions.every(({ partition, end }) => (stored.get(partition) ?? 0) === end);
  };
  await waitUntil(isCounted, { what: 'ingest to count what the log holds', timeoutMs: patienceMs });
}

async function readOffsets(postgresUrl: string, logId: string): Promise<Map<number, number>> {
  const offsets = 'select partition, next_offset from consumer_offset where log_id = $1';
  const { rows } = await withPostgres(postgresUrl, (client) => client.query(offsets, [logId]));
  return new Map(rows.map(({ partition, next_offset }) => [partition, Number(next_offset)]));
}
