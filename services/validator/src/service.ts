import { DecisionBatch } from '@keyward/contract/decisions';
import { readPepper } from '@keyward/keyformat/pepper';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { defineService } from '@keyward/kit/service';
import { GuardedDecisionStore } from '@keyward/stores/guarded-decision-store';
import { openEventProducer } from '@keyward/stores/open-event-log';
import { openDecisionStore, openOutbox } from '@keyward/stores/open-shards';
import { ValidatorConfig } from './config.ts';
import { DecisionMetrics } from './decision-metrics.ts';
import { showDirectEvents } from './direct-event-metrics.ts';
import { DirectEvents } from './direct-events.ts';
import { EventSpool } from './event-spool.ts';
import { FailurePolicy } from './failure-policy.ts';
import { ImportedKeys } from './imported-keys.ts';
import { KeyDigests } from './key-digests.ts';
import { KeyRecords } from './key-records.ts';
import { RefusalCounts } from './refusal-counts.ts';
import { startRelay } from './relay/relay.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { ServerKeyContexts } from './server-key-contexts.ts';
import { SignedKeys } from './signed-keys.ts';
import { SigningSecrets } from './signing-secrets.ts';

/** Decides, on Redis alone, and relays what it decided to the log. */
export const validator = defineService({
  name: 'validator',
  config: ValidatorConfig,
  schemas: [DecisionBatch],
  bodyLimitBytes: 64 * 1024 * 1024,
  showsMetrics: true,
  serviceToken: (config) => config.SERVICE_TOKEN,

  async connect({ config, own, logger, clock, metrics, tracing }) {
    const { STORE_TIMEOUT_MS: timeoutMs } = config;
    const pepper = readPepper(config.PEPPER, config.PEPPER_WRAPS);
    // A decision that is made in time needs a little more until it is heard of.
    const adapter = await openDecisionStore(config.REDIS_URL, { giveUpMs: 0.8 * timeoutMs, logger });
    const store = own.use(new GuardedDecisionStore(adapter, { timeoutMs, clock, logger }));
    const outbox = own.use(
      await openOutbox(config.REDIS_URL, {
        logger,
        warn: occasionalWarning({ logger, clock, message: 'outboxes do not answer; the others are relayed' }),
      }),
    );
    const producer = own.use(await openEventProducer(config.EVENT_LOG_URL, { logger }));
    const spool = await openSpool(config, logger);
    if (spool) own.use(spool);
    const events = own.use(new DirectEvents({ producer, logger, ...(spool ? { spool } : {}) }));
    showDirectEvents(metrics, events, spool);
    return {
      store,
      outbox,
      producer,
      clock,
      tracing,
      metrics: new DecisionMetrics(metrics, { awayShards: () => store.awayShards }),
      failurePolicy: new FailurePolicy({ silentMs: (shard) => store.silentMs(shard), events, clock }),
      warnStoreAway: occasionalWarning({
        logger,
        clock,
        message: 'the store is away: requests are answered by the policy of their environments',
      }),
      digests: new KeyDigests({
        pepper,
        imported: new ImportedKeys({ pepper, projectionKey: config.PROJECTION_KEY }),
        size: config.RECORD_CACHE_SIZE,
      }),
      serverKeys: new ServerKeyContexts(store),
      keys: new KeyRecords(store, config.RECORD_CACHE_SIZE),
      signedKeys: new SignedKeys({
        store,
        secrets: new SigningSecrets(config.PROJECTION_KEY),
        size: config.RECORD_CACHE_SIZE,
      }),
      refusals: new RefusalCounts({
        store,
        warn: occasionalWarning({ logger, clock, message: 'refusals could not be counted yet; they are kept' }),
      }),
    };
  },
  routes: (app, dependencies, { config }) => decisionRoutes(app, dependencies, config.SERVICE_TOKEN),
  background: ({ outbox, producer, clock, refusals }, { config, logger, metrics, tracing }) => {
    const running = new AsyncDisposableStack();
    running.use(
      startRelay({ outbox, producer, clock, logger, metrics, tracing, outboxMaxBytes: config.OUTBOX_MAX_BYTES }),
    );
    running.use(refusals.start());
    return running;
  },
  ready: ({ store }) => store.ready(),
});

async function openSpool(config: ValidatorConfig, logger: Logger): Promise<EventSpool | undefined> {
  const { EVENT_SPOOL_DIR: directory, EVENT_SPOOL_MAX_BYTES: maxBytes } = config;
  return directory === undefined ? undefined : EventSpool.open({ directory, maxBytes, logger });
}
