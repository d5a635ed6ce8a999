import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { pause } from '@keyward/kit/pause';
import type { EventConsumer } from '@keyward/stores/ports/event-log';
import { advanceCatchUps, listPendingCatchUps } from '@keyward/stores/postgres/catch-up';
import type { Database } from '@keyward/stores/postgres/database';

interface CatchUpOptions {
  db: Database;
  consumer: EventConsumer;
  clock: Clock;
  logger: Logger;
}

const everyMs = 1_000;
/** While somebody waits for an answer. */
const soonMs = 200;

/**
 * Answers those who ask when all that the log holds now is counted (catch-up.ts): this service alone knows the log. Any
 * replica may answer; while Postgres or the log is away, it takes longer.
 */
export function startCatchUps({ db, consumer, clock, logger }: CatchUpOptions): AsyncDisposable {
  const stopped = new AbortController();
  const warn = occasionalWarning({
    logger,
    clock,
    message: 'how far the log is counted could not be told; trying again',
  });

  /** Answers whether somebody goes on waiting. */
  async function advance(): Promise<boolean> {
    const ids = await listPendingCatchUps(db);
    if (ids.length === 0) return false;
    const ends = await consumer.ends();
    return (await advanceCatchUps(db, { ids, ends, now: new Date(clock.nowMs()) })) < ids.length;
  }

  async function work(): Promise<void> {
    while (!stopped.signal.aborted) {
      const isAwaited = await advance().catch((error) => {
        if (!stopped.signal.aborted) warn(error);
        return false;
      });
      await pause(isAwaited ? soonMs : everyMs, stopped.signal);
    }
  }

  const working = work();
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await working;
    },
  };
}
