import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
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
  return repeatUntilStopped({
    round: async () => ((await projector.repair()) === 'waiting' ? soonMs : everyMs),
    firstAfterMs: everyMs,
    afterFailureMs: everyMs,
    clock,
    logger,
    message: 'the projection could not be checked; trying again',
  });
}
