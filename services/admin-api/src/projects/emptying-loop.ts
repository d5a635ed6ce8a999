import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { Administration } from '../administration.ts';
import { emptyDeletedEnvironments } from './empty-deleted-environments.ts';

const everyMs = 2_000;
const soonMs = 10;

/** Empties deleted environments in the background, until it is disposed; in any number of processes. */
export function startEmptyingLoop({
  administration,
  logger,
}: {
  administration: Administration;
  logger: Logger;
}): AsyncDisposable {
  return repeatUntilStopped({
    round: async () => ((await emptyDeletedEnvironments(administration)) === 'more' ? soonMs : everyMs),
    firstAfterMs: everyMs,
    afterFailureMs: everyMs,
    clock: administration.clock,
    logger,
    message: 'deleted environments could not be emptied; trying again',
  });
}
