import type { Administration } from '@keyward/admin-api/administration';
import { createWebhook } from '@keyward/admin-api/webhooks/create-webhook';
import { type Courier, deliverDue } from '@keyward/admin-api/webhooks/deliver-due';
import type { Webhook } from '@keyward/contract/routes/webhook';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { outboundCall } from '@keyward/kit/outbound-call';
import { newId } from '@keyward/kit/random';
import { openProjectionStore } from '@keyward/stores/open-shards';
import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import type { PostgresBackend } from '@keyward/tests/backends/describe-backends';
import { WebhookReceiver } from '@keyward/tests/platform/webhook-receiver';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { administrationOn, callIn, newEnvironment } from './administration-under-test.ts';
import { quietLogger as logger, recordOf, sampleEvent } from './sample-events.ts';

export const dayMs = 86_400_000;

/** An environment, a receiver, and a clock of the test; each test has its own. */
export class WebhooksUnderTest {
  nowMs = Date.now();
  readonly clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
  readonly #own = new AsyncDisposableStack();
  #offset = 0;
  #opened: OpenDatabase | undefined;
  #administration: Administration | undefined;
  #environment: EnvironmentRow | undefined;
  #receiver: WebhookReceiver | undefined;

  /** Registers the hooks of the suite. */
  constructor(backend: PostgresBackend) {
    beforeAll(async () => {
      this.#opened = this.#own.use(await openDatabase(await backend.url()));
      const store = this.#own.use(await openProjectionStore(`memory:${newId()}`));
      this.#administration = await administrationOn({ db: this.#opened.db, store, clock: this.clock });
    });
    beforeEach(async () => {
      this.nowMs = Date.now();
      this.#receiver = await WebhookReceiver.start();
      ({ environment: this.#environment } = await newEnvironment(this.administration));
    });
    afterEach(() => this.#receiver?.[Symbol.asyncDispose]());
    afterAll(() => this.#own.disposeAsync());
  }

  get db() {
    return there(this.#opened).db;
  }
  get administration() {
    return there(this.#administration);
  }
  get environment() {
    return there(this.#environment);
  }
  get receiver() {
    return there(this.#receiver);
  }
  get call() {
    return callIn(this.environment);
  }

  /** A webhook for everything, at the receiver. */
  async newWebhook(fields: { url?: string; events?: Webhook['events'] } = {}): Promise<Webhook & { secret: string }> {
    const input = { url: this.receiver.url, events: ['*'], ...fields } as Parameters<typeof createWebhook>[2];
    const { body } = await createWebhook(this.administration, this.call, input);
    return { secret: '', ...body };
  }

  courier(fields: Partial<Courier> = {}): Courier {
    const { administration } = this;
    const call = outboundCall({ rules: administration.outbound, deadlineMs: 2_000 });
    return { administration, call, logger, disableAfterDays: 5, ...fields };
  }

  /** Sends what is due, as a process of its own. */
  deliver(webhookId: string, courier: Partial<Courier> = {}): Promise<void> {
    return deliverDue(this.courier(courier), webhookId, new AbortController().signal);
  }

  /** The events that are kept of the environment, as they are sent, by their types: those of one change have no order. */
  async events(): Promise<{ type: string; timestamp: string; data: Record<string, unknown> }[]> {
    const { id } = this.environment;
    const query = this.db
      .selectFrom('webhook_event')
      .select('payload')
      .where('environment_id', '=', id)
      .orderBy('type')
      .orderBy('id');
    return (await query.execute()).map(({ payload }) => JSON.parse(payload));
  }

  async forgetEvents(): Promise<void> {
    await this.db.deleteFrom('webhook_event').execute();
  }

  /** Has ingest count decisions of a key. */
  async count(key: { clientId: string; keyId: string }, ...events: Partial<ValidationEvent>[]): Promise<void> {
    const { db, sessions } = there(this.#opened);
    const writer = new UsageWriter({ db, sessions, clock: this.clock, logger, retentionDays: 8 });
    await writer.keepPartitions();
    const records = events.map((fields) => {
      const event = sampleEvent({ environmentId: this.environment.id, ...key, decidedAtMs: this.nowMs, ...fields });
      return recordOf(event, this.#offset++);
    });
    await writer.write({ logId: 'log', partition: 0, records });
  }

  deliveries(webhookId: string) {
    return this.db
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('webhook_id', '=', webhookId)
      .orderBy('event_id')
      .execute();
  }
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('made before each test');
  return value;
}
