import { newId } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';
import type { RequestLogRow } from '@keyward/stores/postgres/request-logs';
import { runSql } from './run-sql.ts';
import { type Draw, pick } from './seeded.ts';

const dayMs = 86_400_000;
const verdicts = ['ALLOWED', 'ALLOWED', 'ALLOWED', 'RATE_LIMITED', 'REVOKED'];

/** Partitions of the log for so many days. */
export async function logPartitions(db: Database, fromMs: number, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    const [from, to] = [day, day + 1].map((each) => new Date(fromMs + each * dayMs).toISOString());
    const name = `request_log_${from?.slice(0, 10).replaceAll('-', '')}`;
    const bounds = `for values from ('${from}') to ('${to}')`;
    await runSql(db, `create table if not exists ${name} partition of request_log ${bounds}`);
  }
}

interface Lines {
  environments: readonly string[];
  count: number;
  fromMs: number;
  days: number;
}

/** Lines of few clients, keys, endpoints and addresses; many share their millisecond. */
export function randomLines(draw: Draw, { environments, count, fromMs, days }: Lines): RequestLogRow[] {
  const clients = environments.flatMap((environment_id) =>
    Array.from({ length: 4 }, () => ({ environment_id, client_id: newId(), keys: [newId(), newId()] })),
  );
  const moments = Array.from({ length: Math.ceil(count / 6) }, () => fromMs + draw(days * dayMs));
  return Array.from({ length: count }, () => {
    const { keys, ...client } = pick(draw, clients);
    return {
      ...client,
      key_id: pick(draw, keys),
      decided_at: new Date(pick(draw, moments)),
      event_id: newId(),
      verdict: pick(draw, verdicts),
      endpoint: pick(draw, ['GET:/users/{id}', 'GET:/users', 'POST:/orders']),
      method_path: pick(draw, [null, 'GET:/users/7']),
      name: pick(draw, [null, 'first']),
      ip: pick(draw, [null, '203.0.113.7', '2001:db8::7']),
      user_agent: pick(draw, [null, 'curl/8']),
      duration_us: draw(100_000),
      cost: draw(4),
      degraded: draw(9) === 0,
      tracked: draw(9) > 0,
    };
  });
}

export function newestFirst(a: RequestLogRow, b: RequestLogRow): number {
  return b.decided_at.getTime() - a.decided_at.getTime() || (a.event_id < b.event_id ? 1 : -1);
}
