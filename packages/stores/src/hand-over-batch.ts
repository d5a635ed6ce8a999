import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import type { BatchHandler, LogBatch } from './ports/event-log.ts';

interface HandOver {
  handle: BatchHandler;
  /** Ends the repetitions; a call of `handle` that has begun is waited for. */
  signal: AbortSignal;
  logger: Logger;
  /** Called before each repetition, to tell the log that this reader lives. */
  beforeRepeating?: () => Promise<void>;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** Gives the batch to its handler until it is handled; false when the signal fired before that. */
export async function handOverBatch(
  batch: LogBatch,
  { handle, signal, logger, beforeRepeating }: HandOver,
): Promise<boolean> {
  const place = { logId: batch.logId, partition: batch.partition, offset: batch.records[0]?.offset };
  for (let attempt = 1, pauseMs = firstPauseMs; !signal.aborted; attempt++) {
    try {
      await handle(batch);
      if (attempt > 1) logger.info({ ...place, attempt }, 'a batch of events was handled at last');
      return true;
    } catch (err) {
      // Once in a row is enough: the same reason would come every few seconds for as long as a store is away.
      logger[attempt === 1 ? 'warn' : 'debug'](
        { ...place, attempt, err },
        'a batch of events was not handled, trying again',
      );
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    if (!signal.aborted) await beforeRepeating?.();
  }
  return false;
}
