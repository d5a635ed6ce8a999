import type { ValidationEvent } from '@keyward/contract/validation-event';
import { endpointOf } from '@keyward/decision/endpoint-path';

interface Outcomes {
  success: number;
  error: number;
}

export interface ClientSum extends Outcomes {
  clientId: string;
  environmentId: string;
  durationUs: number;
}

export interface KeySum extends Outcomes {
  keyId: string;
  environmentId: string;
  lastUsedAtMs: number;
}

export interface HourSum {
  hourMs: number;
  environmentId: string;
  clientId: string;
  keyId: string;
  endpoint: string;
  verdict: string;
  count: number;
  durationUs: number;
  /** What admitted requests took of the limits. */
  cost: number;
}

export interface UsageSums {
  clients: ClientSum[];
  keys: KeySum[];
  hours: HourSum[];
}

const hourMs = 3_600_000;

/**
 * What these events add to the counts, one entry for each row. The entries are sorted by the row's key, the same way in
 * every process: two transactions that change the same rows then never wait for each other in a circle.
 */
export function sumUsage(events: Iterable<ValidationEvent>): UsageSums {
  const clients = new Map<string, ClientSum>();
  const keys = new Map<string, KeySum>();
  const hours = new Map<string, HourSum>();
  for (const event of events) {
    addToClient(clients, event);
    addToKey(keys, event);
    addToHour(hours, event);
  }
  return { clients: inKeyOrder(clients), keys: inKeyOrder(keys), hours: inKeyOrder(hours) };
}

function addToClient(
  sums: Map<string, ClientSum>,
  { clientId, environmentId, verdict, durationUs }: ValidationEvent,
): void {
  const sum = entry(sums, clientId, () => ({ clientId, environmentId, success: 0, error: 0, durationUs: 0 }));
  sum[verdict === 'ALLOWED' ? 'success' : 'error'] += 1;
  sum.durationUs += durationUs;
}

function addToKey(sums: Map<string, KeySum>, { keyId, environmentId, verdict, decidedAtMs }: ValidationEvent): void {
  const sum = entry(sums, keyId, () => ({ keyId, environmentId, success: 0, error: 0, lastUsedAtMs: decidedAtMs }));
  sum[verdict === 'ALLOWED' ? 'success' : 'error'] += 1;
  sum.lastUsedAtMs = Math.max(sum.lastUsedAtMs, decidedAtMs);
}

function addToHour(sums: Map<string, HourSum>, event: ValidationEvent): void {
  const { environmentId, clientId, keyId, verdict, durationUs } = event;
  const begin = Math.floor(event.decidedAtMs / hourMs) * hourMs;
  // A lone surrogate is stored as U+FFFD; two texts that become one there must be one row here.
  const endpoint = (event.endpoint ?? endpointOf(event.methodPath)).toWellFormed();
  const key = `${environmentId} ${begin} ${clientId} ${keyId} ${verdict} ${endpoint}`;
  const row = { hourMs: begin, environmentId, clientId, keyId, endpoint, verdict };
  const sum = entry(sums, key, () => ({ ...row, count: 0, durationUs: 0, cost: 0 }));
  sum.count += 1;
  sum.durationUs += durationUs;
  if (verdict === 'ALLOWED') sum.cost += event.cost ?? 1;
}

function entry<T>(sums: Map<string, T>, key: string, make: () => T): T {
  const sum = sums.get(key) ?? make();
  sums.set(key, sum);
  return sum;
}

function inKeyOrder<T>(sums: Map<string, T>): T[] {
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}
