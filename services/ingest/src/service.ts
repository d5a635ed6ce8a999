import { ValidationEvent } from '@keyward/contract/validation-event';
import { defineService } from '@keyward/kit/service';
import { openEventConsumer } from '@keyward/stores/open-event-log';
import { openDatabase } from '@keyward/stores/postgres/database';
import { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import { startCatchUps } from './catch-ups.ts';
import { IngestConfig } from './config.ts';
import { EventIntake } from './event-intake.ts';

/** Event log → Postgres: every event counted once. Its only routes are the two of health. */
export const ingest = defineService({
  name: 'ingest',
  config: IngestConfig,
  schemas: [ValidationEvent],
  bodyLimitBytes: 1_024,
  async connect({ config, logger, clock, own }) {
    const { db } = own.use(await openDatabase(config.DATABASE_URL));
    // Opened after the database, so closed before it: a closing consumer hands over what it still has.
    const consumer = own.use(await openEventConsumer(config.EVENT_LOG_URL, { logger }));
    const writer = new UsageWriter({ db, clock, logger, retentionDays: config.EVENT_RETENTION_DAYS });
    return { db, consumer, writer, clock };
  },
  routes: () => undefined,
  ready: async ({ consumer, writer }) => consumer.reading && (await writer.answers()),
  background: ({ db, consumer, writer, clock }, { logger }) => {
    const work = new AsyncDisposableStack();
    work.use(new EventIntake({ consumer, writer, logger }));
    work.use(startCatchUps({ db, consumer, clock, logger }));
    return work;
  },
});
