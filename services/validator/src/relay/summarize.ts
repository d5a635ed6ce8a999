import { anyEndpoint, type UsageSummary, usageSummaryType } from '@keyward/contract/usage-summary';
import { validationEventType } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import type { Collapse, OutboxEntry } from '@keyward/stores/ports/outbox';
import { splitBySize } from '@keyward/stores/split-by-size';
import { UsageCounts } from '@keyward/stores/usage-counts';

export interface SummaryPlan extends Collapse {
  /** What the outbox takes less afterwards, about. */
  savedBytes: number;
}

type Detail = 'by-endpoint' | 'by-key';

/** A quarter of what the log takes as one record by default. */
const maxBytes = 256 * 1024;
/** Summaries that take more of what their entries took are not worth the detail. */
const worthwhile = 0.75;

/**
 * Summaries of these entries. Counts are exact in any case; endpoints are told apart only where that takes clearly less than
 * the entries, and else all count as one. Refusal summaries stay as they are. undefined: nothing could be gained.
 */
export function summarize(entries: readonly OutboxEntry[]): SummaryPlan | undefined {
  const usable = entries.filter(({ event }) => event.type === validationEventType || event.type === usageSummaryType);
  return planFor(usable, 'by-endpoint') ?? planFor(usable, 'by-key');
}

function planFor(entries: readonly OutboxEntry[], detail: Detail): SummaryPlan | undefined {
  const summaries = sumUp(entries, detail);
  const bytes = summaries.reduce((sum, summary) => sum + jsonBytes(summary), 0);
  const before = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const [first] = entries;
  if (!first || bytes > before * worthwhile) return undefined;
  const decisions = entries.filter(({ event }) => event.type === validationEventType).length;
  const positions = entries.map(({ position }) => position);
  return { shard: first.shard, positions, decisions, summaries, savedBytes: before - bytes };
}

/** Sorted by key, and cut to size. */
function sumUp(entries: readonly OutboxEntry[], detail: Detail): UsageSummary[] {
  const sums = new UsageCounts();
  const endpoint = detail === 'by-key' ? { endpoint: anyEndpoint } : {};
  for (const { event } of entries) {
    if (event.type === validationEventType) sums.add({ ...event.data, ...endpoint });
    else if (event.type === usageSummaryType)
      sums.addSummary({ ...event.data, counts: event.data.counts.map((count) => ({ ...count, ...endpoint })) });
  }
  return splitBySize(sums.sorted(), maxBytes, jsonBytes).map((counts) => ({
    id: newId(),
    events: counts.reduce((sum, { count }) => sum + count, 0),
    counts,
  }));
}

function jsonBytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
