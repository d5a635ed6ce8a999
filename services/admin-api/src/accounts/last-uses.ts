import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import { markAccountKeysUsed } from '@keyward/stores/postgres/account-keys';
import type { Database } from '@keyward/stores/postgres/database';
import { markSessionsUsed } from '@keyward/stores/postgres/user-sessions';
import type { Administration } from '../administration.ts';
import type { AccountPolicy } from './account-policy.ts';

const longestUnwrittenMs = 60_000;
const flushedEveryMs = 1_000;

type Write = (ids: readonly string[], at: Date) => Promise<void>;

/** When each of many things was used last, written once in a while for each, and never while somebody waits for an answer. */
export class LastUses {
  readonly #write: Write;
  readonly #everyMs: number;
  readonly #waiting = new Map<string, number>();
  readonly #written = new Map<string, number>();

  /** `everyMs`: of one thing only one use in that time is written. */
  constructor(write: Write, everyMs: number = longestUnwrittenMs) {
    this.#write = write;
    this.#everyMs = everyMs;
  }

  note(id: string, atMs: number): void {
    if (atMs - (this.#written.get(id) ?? Number.NEGATIVE_INFINITY) >= this.#everyMs) this.#waiting.set(id, atMs);
  }

  /** Writes what was noted; what cannot be written is kept for the next time. */
  async flush(nowMs: number): Promise<void> {
    const noted = [...this.#waiting];
    if (noted.length === 0) return;
    const latestMs = Math.max(...noted.map(([, atMs]) => atMs));
    await this.#write(
      noted.map(([id]) => id),
      new Date(latestMs),
    );
    for (const [id, atMs] of noted) {
      if (this.#waiting.get(id) === atMs) this.#waiting.delete(id);
      this.#written.set(id, atMs);
    }
    for (const [id, atMs] of this.#written) if (nowMs - atMs >= this.#everyMs) this.#written.delete(id);
  }
}

/** Of what people identify themselves with. */
export function lastUses(
  db: Database,
  { sessionIdleMs }: Pick<AccountPolicy, 'sessionIdleMs'>,
): Administration['uses'] {
  return {
    accountKeys: new LastUses((ids, at) => markAccountKeysUsed(db, ids, at)),
    // Well within the time after which a session counts as unused.
    sessions: new LastUses((ids, at) => markSessionsUsed(db, ids, at), Math.min(longestUnwrittenMs, sessionIdleMs / 6)),
  };
}

interface Writing {
  uses: readonly LastUses[];
  clock: Clock;
  logger: Logger;
}

export function startWritingLastUses({ uses, clock, logger }: Writing): AsyncDisposable {
  const flush = async () => {
    for (const each of uses) await each.flush(clock.nowMs());
  };
  const running = new AsyncDisposableStack();
  running.defer(() => flush().catch(() => undefined)); // the times of the last second, at most
  running.use(
    repeatUntilStopped({
      round: async () => {
        await flush();
        return flushedEveryMs;
      },
      afterFailureMs: 5 * flushedEveryMs,
      clock,
      logger,
      message: 'when account keys and sessions were used could not be written; trying again',
    }),
  );
  return running;
}
