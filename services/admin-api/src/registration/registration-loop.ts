import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import { type RegistrationOptions, registerSightedKeys } from './register-sighted-keys.ts';

const everyMs = 1_000;
const soonMs = 100;

/** Registers in the background, until it is disposed, what ingest has seen of locally signed keys; in any number of processes. */
export function startRegistrationLoop(options: RegistrationOptions): AsyncDisposable {
  const { administration, logger } = options;
  return repeatUntilStopped({
    round: async () => ((await registerSightedKeys(options)) === 'more' ? soonMs : everyMs),
    firstAfterMs: everyMs,
    afterFailureMs: everyMs,
    clock: administration.clock,
    logger,
    message: 'locally signed keys could not be registered; trying again',
  });
}
