import type { UsageCount, UsageSummary } from '@keyward/contract/usage-summary';
import { isUse, type ValidationEvent } from '@keyward/contract/validation-event';
import { endpointOf } from '@keyward/decision/endpoint-path';
import { LRUCache } from 'lru-cache';
import { addDuration, addHistogram } from './latency-histogram.ts';

const hourMs = 3_600_000;

/** Decisions summed up by hour, key, endpoint and verdict: what is kept of them, however they are counted. */
export class UsageCounts {
  readonly #counts = new Map<string, UsageCount>();

  add(event: ValidationEvent, endpoint = endpointFor(event)): void {
    const { environmentId, clientId, keyId, verdict, decidedAtMs, durationUs } = event;
    const begin = Math.floor(decidedAtMs / hourMs) * hourMs;
    const count = this.#at({ environmentId, clientId, keyId, verdict, hourMs: begin, endpoint });
    count.count += 1;
    count.durationUs += durationUs;
    addDuration(count.durations, durationUs);
    if (verdict === 'ALLOWED') count.cost += event.cost ?? 1;
    if (verdict === 'ALLOWED' && !isUse(event)) count.notUses = (count.notUses ?? 0) + 1;
    count.lastDecidedAtMs = Math.max(count.lastDecidedAtMs, decidedAtMs);
  }

  addSummary({ counts }: UsageSummary): void {
    for (const each of counts) {
      const count = this.#at(each);
      count.count += each.count;
      count.durationUs += each.durationUs;
      addHistogram(count.durations, each.durations);
      count.cost += each.cost;
      if (each.notUses !== undefined) count.notUses = (count.notUses ?? 0) + each.notUses;
      count.lastDecidedAtMs = Math.max(count.lastDecidedAtMs, each.lastDecidedAtMs);
    }
  }

  /**
   * Sorted, the same way in every process: two transactions that change the same rows then never wait for each other in a
   * circle.
   */
  sorted(): UsageCount[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
  }

  #at(row: Pick<UsageCount, 'environmentId' | 'hourMs' | 'clientId' | 'keyId' | 'verdict' | 'endpoint'>): UsageCount {
    const { environmentId, hourMs, clientId, keyId, verdict } = row;
    // A lone surrogate is stored as U+FFFD; two texts that become one there must be one row here.
    const endpoint = row.endpoint.toWellFormed();
    const id = `${environmentId} ${hourMs} ${clientId} ${keyId} ${verdict} ${endpoint}`;
    const known = this.#counts.get(id);
    if (known) return known;
    const nothing = { count: 0, cost: 0, durationUs: 0, durations: [], lastDecidedAtMs: 0 };
    const made: UsageCount = { environmentId, hourMs, clientId, keyId, verdict, endpoint, ...nothing };
    this.#counts.set(id, made);
    return made;
  }
}

const endpoints = new LRUCache<string, string>({ max: 10_000 });
/** A longer one is hardly met again. */
const rememberedLength = 200;

/** The endpoint that a decision counts for. */
export function endpointFor({ endpoint, methodPath }: Pick<ValidationEvent, 'endpoint' | 'methodPath'>): string {
  if (endpoint !== undefined) return endpoint;
  if (methodPath.length > rememberedLength) return endpointOf(methodPath);
  const known = endpoints.get(methodPath);
  if (known !== undefined) return known;
  const found = endpointOf(methodPath);
  endpoints.set(methodPath, found);
  return found;
}
