import { DecisionBatch } from '@keyward/contract/decisions';
import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { createLogger } from '@keyward/kit/logger';
import { decodeEvent } from '@keyward/stores/event-codec';
import { openEventConsumer } from '@keyward/stores/open-event-log';
import type { LogRecord } from '@keyward/stores/ports/event-log';
import type { SeededShards } from './seeded-shards.ts';

/** Reads the log beside these shards, and sums up what the summaries say of refusals in their environment, by code. */
export async function relayedRefusals({ url, environmentId }: SeededShards) {
  const counts: Record<string, number> = {};
  const add = (record: LogRecord) => {
    const event = decodeEvent(record);
    if ('reason' in event || event.type !== refusalSummaryType) return;
    const own = event.data.counts.filter((each) => each.environmentId === environmentId);
    for (const { code, count } of own) counts[code] = (counts[code] ?? 0) + count;
  };
  const logger = createLogger({ service: 'test', level: 'silent', schemas: [DecisionBatch] });
  const consumer = await openEventConsumer(url, { logger });
  consumer.run(async ({ records }) => records.forEach(add));
  return { counts, [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose]() };
}
