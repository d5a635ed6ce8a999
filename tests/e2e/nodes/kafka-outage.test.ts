/** `OUTAGE_SECONDS=120 npm test -- kafka-outage` makes it as long as it may become in earnest. */
import { setTimeout as pause } from 'node:timers/promises';
import { openOutboxAccounts } from '@keyward/stores/open-shards';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { findDifferences, findDifferentCounts } from '@keyward/tests/platform/pipeline/find-differences';
import { readCounted } from '@keyward/tests/platform/pipeline/read-counted';
import { readOutboxes } from '@keyward/tests/platform/pipeline/read-outboxes';
import { type Pipeline, startPipeline } from '@keyward/tests/platform/pipeline/start-pipeline';
import { untilQuiet } from '@keyward/tests/platform/pipeline/until-quiet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const outageMs = Number(process.env.OUTAGE_SECONDS ?? 10) * 1_000;

describe('Kafka, away under load [real]', () => {
  const running = new AsyncDisposableStack();
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = running.use(await startPipeline());
    await Promise.all([pipeline.startValidator(), pipeline.startValidator(), pipeline.startIngest()]);
  });
  afterAll(() => running.disposeAsync());

  it('and back: everything is counted, once and in order', { timeout: outageMs + 180_000 }, async () => {
    const { kafka, redis } = pipeline.stores;
    const load = await pipeline.newLoad(16);
    const before = await load.during(async () => {
      await kafka.kill();
      const calls = load.calls;
      await pause(outageMs);
      return calls;
    });
    const outboxes = await readOutboxes(redis.url);
    const waiting = outboxes.reduce((sum, outbox) => sum + outbox.waiting, 0);
    expect(waiting).toBeGreaterThanOrEqual(load.calls - before);
    const restarting = performance.now();
    await load.during(() => kafka.restart());
    await untilQuiet(pipeline.stores);
    const seconds = Math.round((performance.now() - restarting) / 1_000);
    process.stdout.write(
      `Kafka away for ${outageMs / 1_000} s: ${waiting} events waited, ${load.calls} calls in all, counted ${seconds} s later\n`,
    );
    expect(await findDifferences(load, pipeline.stores)).toEqual([]);
  });
});

describe('Kafka, away for longer than the outboxes have room [real]', () => {
  const running = new AsyncDisposableStack();
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = running.use(await startPipeline({ outboxMaxBytes: 64 * 20_000 }));
    await Promise.all([pipeline.startValidator(), pipeline.startValidator(), pipeline.startIngest()]);
  });
  afterAll(() => running.disposeAsync());

  it('loses detail and no count, and says how many lost it', { timeout: 180_000 }, async () => {
    const { kafka, redis, postgres } = pipeline.stores;
    await using accounts = await openOutboxAccounts(redis.url);
    const collapsed = async () =>
      (await accounts.read()).reduce((sum, { eventsCollapsed }) => sum + eventsCollapsed, 0);
    const load = await pipeline.newLoad(16);
    await load.during(async () => {
      await kafka.kill();
      // One summary follows another: what is summed up already is summed up again.
      await waitUntil(async () => (await collapsed()) >= 3_000, {
        what: '3,000 events to be summed up',
        timeoutMs: 90_000,
      });
      await kafka.restart();
    });
    await untilQuiet(pipeline.stores);
    expect(await findDifferentCounts(load, pipeline.stores)).toEqual([]);
    const { arrivals } = await readCounted(postgres.url);
    const logged = [...arrivals.values()].reduce((sum, lines) => sum + lines.length, 0);
    expect(await collapsed()).toBe(load.calls - logged);
    process.stdout.write(`${load.calls} calls, all counted; ${await collapsed()} lost their detail\n`);
  });
});
