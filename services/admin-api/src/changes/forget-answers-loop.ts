import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { Database } from '@keyward/stores/postgres/database';
import { forgetAnswers } from '@keyward/stores/postgres/idempotent-answers';
import { rememberedMs } from './answered-before.ts';

interface ForgettingOptions {
  db: Database;
  clock: Clock;
  logger: Logger;
}

const everyMs = 60_000;
const soonMs = 100;

/** Deletes what was kept for repetitions that are no longer known as such: it holds raw keys, if sealed ones. */
export function startForgettingAnswers({ db, clock, logger }: ForgettingOptions): AsyncDisposable {
  return repeatUntilStopped({
    round: async () => {
      const forgotten = await forgetAnswers(db, new Date(clock.nowMs() - rememberedMs));
      return forgotten > 0 ? soonMs : everyMs;
    },
    afterFailureMs: everyMs,
    clock,
    logger,
    message: 'answers to old calls could not be forgotten; trying again',
  });
}
