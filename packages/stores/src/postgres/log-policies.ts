import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';
import type { Clock } from '@keyward/kit/clock';
import { LRUCache } from 'lru-cache';
import type { Session } from './sessions.ts';

/** What an environment has decided about its request logs. */
export type LogPolicy = Pick<EnvironmentSettings, 'requestLogs' | 'requestLogRedaction'>;

const freshMs = 2_000;

/** Nobody could read the lines of an environment that is gone, or have them erased. */
const noLogs: LogPolicy = { requestLogs: 'none', requestLogRedaction: [] };

/** Keeps what was read for two seconds: a changed setting holds for events that are written after that. */
export class LogPolicies {
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, { policy: LogPolicy; readAtMs: number }>({ max: 10_000 });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async read(session: Session, environmentIds: ReadonlySet<string>): Promise<(environmentId: string) => LogPolicy> {
    const nowMs = this.#clock.monotonicMs();
    const policies = new Map<string, LogPolicy>();
    for (const id of environmentIds) {
      const known = this.#known.get(id);
      if (known && nowMs - known.readAtMs < freshMs) policies.set(id, known.policy);
    }
    const missing = [...environmentIds].filter((id) => !policies.has(id));
    for (const [id, policy] of await readPolicies(session, missing)) {
      policies.set(id, policy);
      this.#known.set(id, { policy, readAtMs: nowMs });
    }
    return (id) => policies.get(id) ?? noLogs;
  }
}

async function readPolicies(session: Session, ids: readonly string[]): Promise<Map<string, LogPolicy>> {
  if (ids.length === 0) return new Map();
  const rows = await session.query<{ id: string; settings: Partial<EnvironmentSettings> }>(
    'select id, settings from environment where id = any($1::uuid[]) and deleted_at is null',
    [ids],
  );
  return new Map(rows.map(({ id, settings }) => [id, { ...defaultSettings, ...settings }]));
}
