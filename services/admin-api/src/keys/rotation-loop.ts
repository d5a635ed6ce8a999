import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { Administration } from '../administration.ts';
import { noteDueRotations } from './due-rotations.ts';

const soonMs = 100;

interface RotationLoop {
  administration: Administration;
  logger: Logger;
  everyMs: number;
}

/** Notes in the background, until it is disposed, which keys are due to be rotated. */
export function startRotationLoop({ administration, logger, everyMs }: RotationLoop): AsyncDisposable {
  return repeatUntilStopped({
    round: async () => ((await noteDueRotations(administration)) === 'more' ? soonMs : everyMs),
    firstAfterMs: Math.min(everyMs, 1_000),
    afterFailureMs: everyMs,
    clock: administration.clock,
    logger,
    message: 'it could not be seen which keys are due to be rotated; trying again',
  });
}
