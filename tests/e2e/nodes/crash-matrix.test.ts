import { waitUntil } from '@keyward/tests/backends/wait-until';
import { endLeases } from '@keyward/tests/platform/pipeline/end-leases';
import { findDifferences } from '@keyward/tests/platform/pipeline/find-differences';
import { letBreak } from '@keyward/tests/platform/pipeline/let-break';
import type { PipelineLoad } from '@keyward/tests/platform/pipeline/pipeline-load';
import { type Pipeline, startPipeline } from '@keyward/tests/platform/pipeline/start-pipeline';
import { readSteps } from '@keyward/tests/platform/pipeline/transaction-steps';
import { untilQuiet } from '@keyward/tests/platform/pipeline/until-quiet';
import type { ServiceProcess } from '@keyward/tests/platform/service-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const matrixTimeoutMs = 180_000;

/** On servers of its own, for ends of leases and sessions are hastened. */
describe('a process that is killed at a named point [real]', () => {
  const running = new AsyncDisposableStack();
  let pipeline: Pipeline;
  let load: PipelineLoad;
  let validator: ServiceProcess;
  let ingest: ServiceProcess;

  beforeAll(async () => {
    pipeline = running.use(await startPipeline());
    [validator, ingest] = await Promise.all([pipeline.startValidator(), pipeline.startIngest()]);
    load = await pipeline.newLoad();
  });
  afterAll(() => running.disposeAsync());

  async function expectAllCounted(): Promise<void> {
    await untilQuiet(pipeline.stores);
    expect(await findDifferences(load, pipeline.stores)).toEqual([]);
  }

  /** One at a time is there: who takes over is to be killed next. */
  async function replaceValidator(point?: string): Promise<void> {
    await validator.process.kill();
    await endLeases(pipeline.stores.redis.url);
    validator = await pipeline.startValidator(point);
  }

  async function replaceIngest(point?: string): Promise<void> {
    await ingest.process.kill();
    ingest = await pipeline.startIngest(point);
  }

  it(
    'a validator: nothing lost, nothing twice, all in order',
    async () => {
      const points = [
        'after store.decide',
        'before producer.append',
        'after producer.append',
        'before outbox.trim',
        'after outbox.trim',
      ].map((point) => `SIGKILL ${point}`);
      for (const point of points) {
        await load.during(async () => {
          await replaceValidator(point);
          expect(await letBreak(validator, point)).toBe('SIGKILL');
          await replaceValidator();
        });
        await expectAllCounted();
      }
    },
    matrixTimeoutMs,
  );

  it(
    'ingest, at each statement of its transaction: likewise',
    async () => {
      await replaceIngest();
      const steps = await load.during(() =>
        waitUntil(() => readSteps(ingest.process.output()), { what: 'a batch to be written', timeoutMs: 20_000 }),
      );
      expect(steps.length).toBeGreaterThan(5);
      const points = [...steps, "Kafka's commit"].flatMap((step) => [
        `SIGKILL before ${step}`,
        `SIGKILL after ${step}`,
      ]);
      for (const point of points) {
        await replaceIngest(point);
        await expectAllCounted();
        await load.during(async () => expect(await letBreak(ingest, point)).toBe('SIGKILL'));
      }
      await replaceIngest();
      await expectAllCounted();
    },
    matrixTimeoutMs,
  );
});
