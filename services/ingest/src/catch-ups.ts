import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
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
  /** Answers whether somebody goes on waiting. */
  async function advance(): Promise<boolean> {
    const ids = await listPendingCatchUps(db);
    if (ids.length === 0) return false;
    const ends = await consumer.ends();
    return (await advanceCatchUps(db, { ids, ends, now: new Date(clock.nowMs()) })) < ids.length;
  }

  return repeatUntilStopped({
    round: async () => ((await advance()) ? soonMs : everyMs),
    afterFailureMs: everyMs,
    clock,
    logger,
    message: 'how far the log is counted could not be told; trying again',
  });
}
