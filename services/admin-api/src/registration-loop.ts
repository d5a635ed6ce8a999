import { occasionalWarning } from '@keyward/kit/occasional-log';
import { startLoop } from './background-loop.ts';
import { type RegistrationOptions, registerSightedKeys } from './register-sighted-keys.ts';

const everyMs = 1_000;
const soonMs = 100;

/** Registers in the background, until it is disposed, what ingest has seen of locally signed keys; in any number of processes. */
export function startRegistrationLoop(options: RegistrationOptions): AsyncDisposable {
  const { administration, logger } = options;
  const message = 'locally signed keys could not be registered; trying again';
  const warn = occasionalWarning({ logger, clock: administration.clock, message });
  return startLoop({
    firstAfterMs: everyMs,
    async work() {
      const outcome = await registerSightedKeys(options).catch(warn);
      return outcome === 'more' ? soonMs : everyMs;
    },
  });
}
