import { RefusalSummary } from '@keyward/contract/refusal-summary';
import { UsageSummary } from '@keyward/contract/usage-summary';
import { ValidationEvent } from '@keyward/contract/validation-event';
import { defineService } from '@keyward/kit/service';
import { openEventConsumer, retentionOf } from '@keyward/stores/open-event-log';
import { openDatabase } from '@keyward/stores/postgres/database';
import { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import { startCatchUps } from './catch-ups.ts';
import { IngestConfig } from './config.ts';
import { EventIntake } from './event-intake.ts';
import { IngestMetrics } from './ingest-metrics.ts';
import { startLagGauge } from './lag-gauge.ts';
import { startMaintenance } from './maintenance.ts';
import { startReplays } from './replays.ts';

/** A day of a large environment is millions of rows, summed up by one statement, which may be killed at any time. */
const upkeepTimeoutMs = 300_000;

/** Event log → Postgres: every event counted once. Its only routes are those of health and of metrics. */
export const ingest = defineService({
  name: 'ingest',
  config: IngestConfig,
  schemas: [ValidationEvent, UsageSummary, RefusalSummary],
  bodyLimitBytes: 1_024,
  showsMetrics: true,
  async connect({ config, logger, clock, metrics, own }) {
    refuseShortMemory(config);
    const { db, sessions } = own.use(await openDatabase(config.DATABASE_URL, { logger }));
    const upkeep = own.use(
      await openDatabase(config.DATABASE_URL, { poolSize: 2, queryTimeoutMs: upkeepTimeoutMs, logger }),
    );
    // Opened after the database, so closed before it: a closing consumer hands over what it still has.
    const consumer = own.use(await openEventConsumer(config.EVENT_LOG_URL, { logger }));
    const writer = new UsageWriter({
      db,
      sessions,
      clock,
      logger,
      retentionDays: config.EVENT_RETENTION_DAYS,
      logRetentionDays: config.LOG_RETENTION_DAYS,
      maxEndpoints: config.MAX_ENDPOINTS,
    });
    return {
      db,
      upkeep: upkeep.db,
      consumer,
      writer,
      metrics: new IngestMetrics({ metrics, consumer, clock }),
    };
  },
  routes: () => undefined,
  ready: async ({ consumer, writer }) => consumer.reading && (await writer.answers()),
  background: ({ db, upkeep, consumer, writer, metrics }, { config, logger, clock, tracing }) => {
    const work = new AsyncDisposableStack();
    work.use(new EventIntake({ consumer, writer, metrics, logger, tracing }));
    work.use(startCatchUps({ db, consumer, clock, logger }));
    work.use(startReplays({ writer, clock, logger }));
    work.use(startMaintenance({ db: upkeep, writer, config, clock, logger }));
    work.use(startLagGauge({ db, consumer, metrics, clock, logger }));
    return work;
  },
});

/** What the log could still deliver after its id was forgotten would be refused, though it may never have been counted. */
function refuseShortMemory({ EVENT_LOG_URL, EVENT_RETENTION_DAYS }: IngestConfig): void {
  const logDays = retentionOf(EVENT_LOG_URL);
  if (logDays === undefined || logDays < EVENT_RETENTION_DAYS) return;
  throw new Error(`EVENT_RETENTION_DAYS has to be more than the ${logDays} days of retentionDays in EVENT_LOG_URL`);
}
