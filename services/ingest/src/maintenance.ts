import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { Database } from '@keyward/stores/postgres/database';
import { dropOldEnvelopes, dropOldHours } from '@keyward/stores/postgres/upkeep/drop-old-rows';
import { eraseEnvironments } from '@keyward/stores/postgres/upkeep/erase-environments';
import { erasePersonal } from '@keyward/stores/postgres/upkeep/erase-personal';
import { rollUpNextDay } from '@keyward/stores/postgres/upkeep/roll-up-days';
import type { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import type { IngestConfig } from './config.ts';

interface MaintenanceOptions {
  db: Database;
  writer: UsageWriter;
  config: Pick<IngestConfig, 'EVENT_RETENTION_DAYS' | 'USAGE_HOUR_RETENTION_DAYS'>;
  clock: Clock;
  logger: Logger;
}

const upkeepEveryMs = 600_000;
const erasuresEveryMs = 5_000;
const afterFailureMs = 10_000;

/** What has to be done once in a while, by one replica at a time; each step may be repeated and be cut short. */
export function startMaintenance({ db, writer, config, clock, logger }: MaintenanceOptions): AsyncDisposable {
  const loops = new AsyncDisposableStack();
  loops.use(
    repeatUntilStopped({
      round: async (signal) => {
        await writer.keepPartitions();
        await rollUpDays(signal);
        await dropRows(signal);
        return upkeepEveryMs;
      },
      afterFailureMs,
      clock,
      logger,
      message: 'partitions and old rows could not be looked after; trying again',
    }),
  );
  loops.use(
    repeatUntilStopped({
      round: async (signal) => {
        const erasures = await erasePersonal(db, { clock, signal });
        if (erasures > 0) logger.info({ erasures }, 'the logs have forgotten deleted clients and keys');
        const environments = await eraseEnvironments(db, { nowMs: clock.nowMs(), signal });
        if (environments > 0) logger.info({ environments }, 'the logs of deleted environments are gone');
        return erasuresEveryMs;
      },
      afterFailureMs,
      clock,
      logger,
      message: 'the logs could not forget deleted clients and keys; trying again',
    }),
  );
  return loops;

  async function rollUpDays(signal: AbortSignal): Promise<void> {
    const retentionDays = config.EVENT_RETENTION_DAYS;
    while (!signal.aborted) {
      const day = await rollUpNextDay(db, { nowMs: clock.nowMs(), retentionDays });
      if (day === undefined) return;
      logger.info({ day }, 'usage was summed up to a day');
    }
  }

  async function dropRows(signal: AbortSignal): Promise<void> {
    const hourRetentionDays = config.USAGE_HOUR_RETENTION_DAYS;
    for (let dropped = 1; dropped > 0 && !signal.aborted; )
      dropped = await dropOldHours(db, { nowMs: clock.nowMs(), hourRetentionDays });
    await dropOldEnvelopes(db, { nowMs: clock.nowMs() });
  }
}
