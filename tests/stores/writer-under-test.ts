import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import { encodeEvent } from '@keyward/stores/event-codec';
import type { LogBatch, LogRecord } from '@keyward/stores/ports/event-log';
import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import type { Sessions } from '@keyward/stores/postgres/sessions';
import { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import type { PostgresBackend } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openAsIngest } from './open-as-ingest.ts';
import { quietLogger as logger, sampleEvent } from './sample-events.ts';

const startMs = Date.UTC(2026, 10, 20, 12);
const dayMs = 86_400_000;

/** A writer on a migrated database, with a clock of the test that begins anew in each. It writes as ingest. */
export class WriterUnderTest {
  nowMs = startMs;
  readonly clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
  #owner: OpenDatabase | undefined;
  #ingest: OpenDatabase | undefined;
  #offset = 0;

  /** Registers the hooks of the suite. */
  constructor(backend: PostgresBackend) {
    beforeAll(async () => {
      const url = await backend.url();
      this.#owner = await openDatabase(url);
      await migrate(this.db);
      this.#ingest = await openAsIngest(url);
    });
    afterAll(async () => {
      await this.#ingest?.[Symbol.asyncDispose]();
      await this.#owner?.[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      this.nowMs = startMs;
      await this.newWriter().keepPartitions();
    });
  }

  /** The owner's, for all that ingest does not do. */
  get db() {
    if (!this.#owner) throw new Error('opened before all tests');
    return this.#owner.db;
  }

  get ingest(): OpenDatabase {
    if (!this.#ingest) throw new Error('opened before all tests');
    return this.#ingest;
  }

  newWriter(options: { sessions?: Sessions; logRetentionDays?: number; maxEndpoints?: number } = {}): UsageWriter {
    const { db, sessions } = this.ingest;
    return new UsageWriter({ db, sessions, clock: this.clock, logger, retentionDays: 8, ...options });
  }

  passDays(days: number): void {
    this.nowMs += days * dayMs;
  }

  event(fields: Partial<ValidationEvent> = {}): ValidationEvent {
    return sampleEvent({ decidedAtMs: this.nowMs, ...fields });
  }

  /** A batch at the next offsets, of an outbox if one is named. */
  batch(events: readonly PipelineEvent[], incarnation?: string): LogBatch {
    return { logId: 'log', partition: 0, records: events.map((event) => this.record(event, incarnation)) };
  }

  record(event: PipelineEvent, incarnation?: string): LogRecord {
    const { value } = encodeEvent({ shard: 7, event });
    const source = incarnation === undefined ? {} : { source: { shard: 7, incarnation } };
    return { offset: this.#offset++, type: event.type, value: Buffer.from(value), ...source };
  }

  /** What the account of an outbox says. */
  async outbox(incarnation: string): Promise<{ counted: number; buried: number } | undefined> {
    return this.db
      .selectFrom('outbox_count')
      .select(['counted', 'buried'])
      .where('incarnation', '=', incarnation)
      .executeTakeFirst();
  }

  newIncarnation(): string {
    return newId();
  }
}
