import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
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
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let working = Promise.resolve();

  function next(afterMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      working = repair().then(next);
    }, afterMs);
  }

  /** Answers when to look again. */
  async function repair(): Promise<number> {
    const outcome = await projector.repair().catch(warn);
    return outcome === 'waiting' ? soonMs : everyMs;
  }

  next(everyMs);
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
