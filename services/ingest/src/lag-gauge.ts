import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { EventConsumer } from '@keyward/stores/ports/event-log';
import { countNotTaken } from '@keyward/stores/postgres/catch-up';
import type { Database } from '@keyward/stores/postgres/database';
import type { IngestMetrics } from './ingest-metrics.ts';

interface LagOptions {
  db: Database;
  consumer: EventConsumer;
  metrics: IngestMetrics;
  clock: Clock;
  logger: Logger;
}

const everyMs = 5_000;

/** Measures how far behind the log the counts are, whoever reads it: what is scraped is at most five seconds old. */
export function startLagGauge({ db, consumer, metrics, clock, logger }: LagOptions): AsyncDisposable {
  return repeatUntilStopped({
    round: async () => {
      metrics.setLag(await countNotTaken(db, await consumer.ends()));
      return everyMs;
    },
    afterFailureMs: everyMs,
    clock,
    logger,
    message: 'how far behind the log the counts are could not be measured; trying again',
  });
}
