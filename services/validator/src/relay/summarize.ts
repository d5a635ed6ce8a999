import { anyEndpoint, type UsageSummary, usageSummaryType } from '@keyward/contract/usage-summary';
import { validationEventType } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import type { Collapse, OutboxEntry } from '@keyward/stores/ports/outbox';
import { UsageCounts } from '@keyward/stores/usage-counts';

export interface SummaryPlan extends Collapse {
  /** What the outbox takes less afterwards, about. */
  savedBytes: number;
}

type Detail = 'by-endpoint' | 'by-key';

/** A quarter of what the log takes as one record by default. */
const maxBytes = 256 * 1024;
/** A summary that takes more of what its entries took is not worth the detail. */
const worthwhile = 0.75;

/**
 * One summary of the first of these entries: of as many as it can hold. Counts are exact in any case; endpoints are told
 * apart only where that takes clearly less than the entries, and else all count as one. Refusal summaries stay as they are.
 * undefined: nothing could be gained.
 */
export function summarize(entries: readonly OutboxEntry[]): SummaryPlan | undefined {
  const usable = entries.filter(({ event }) => event.type === validationEventType || event.type === usageSummaryType);
  return planFor(usable, 'by-endpoint') ?? planFor(usable, 'by-key');
}

function planFor(entries: readonly OutboxEntry[], detail: Detail): SummaryPlan | undefined {
  for (let count = entries.length; count > 0; count = Math.floor(count / 2)) {
    const taken = entries.slice(0, count);
    const summary = sumUp(taken, detail);
    const bytes = Buffer.byteLength(JSON.stringify(summary));
    if (bytes > maxBytes) continue;
    const before = taken.reduce((sum, entry) => sum + entry.bytes, 0);
    if (bytes > before * worthwhile) return undefined;
    const decisions = taken.filter(({ event }) => event.type === validationEventType).length;
    const [{ shard } = { shard: 0 }] = taken;
    const positions = taken.map(({ position }) => position);
    return { shard, positions, decisions, summary, savedBytes: before - bytes };
  }
  return undefined;
}

function sumUp(entries: readonly OutboxEntry[], detail: Detail): UsageSummary {
  const sums = new UsageCounts();
  const endpoint = detail === 'by-key' ? { endpoint: anyEndpoint } : {};
  let events = 0;
  for (const { event } of entries) {
    if (event.type === validationEventType) {
      sums.add({ ...event.data, ...endpoint });
      events += 1;
    } else if (event.type === usageSummaryType) {
      sums.addSummary({ ...event.data, counts: event.data.counts.map((count) => ({ ...count, ...endpoint })) });
      events += event.data.events;
    }
  }
  return { id: newId(), events, counts: sums.sorted() };
}
