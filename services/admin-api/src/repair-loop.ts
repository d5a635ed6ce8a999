import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { startLoop } from './background-loop.ts';
import type { Projector } from './projector.ts';

const everyMs = 1_000;
/** While totals wait to be given back: until then their clients are refused. */
const soonMs = 200;

interface RepairOptions {
  projector: Projector;
  logger: Logger;
  clock: Clock;
}

/** Repairs the projection in the background, until it is disposed. */
export function startRepairLoop({ projector, logger, clock }: RepairOptions): AsyncDisposable {
  const warn = occasionalWarning({ logger, clock, message: 'the projection could not be checked; trying again' });
  return startLoop({
    firstAfterMs: everyMs,
    async work() {
      const outcome = await projector.repair().catch(warn);
      return outcome === 'waiting' ? soonMs : everyMs;
    },
  });
}
