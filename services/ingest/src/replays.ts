import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { UsageWriter } from '@keyward/stores/postgres/usage-writer';

interface ReplayOptions {
  writer: UsageWriter;
  clock: Clock;
  logger: Logger;
}

const everyMs = 1_000;
const afterFailureMs = 5_000;

/** Counts dead events that somebody asked to have counted after all (event_dead.replay_at). */
export function startReplays({ writer, clock, logger }: ReplayOptions): AsyncDisposable {
  return repeatUntilStopped({
    round: async (signal) => {
      for (let outcome = await writer.replay(); outcome !== undefined && !signal.aborted; ) {
        logger.info({ outcome }, 'a dead event was replayed');
        outcome = await writer.replay();
      }
      return everyMs;
    },
    afterFailureMs,
    clock,
    logger,
    message: 'dead events could not be replayed; trying again',
  });
}
