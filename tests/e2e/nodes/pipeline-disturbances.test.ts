import { withKafka } from '@keyward/tests/backends/kafka-admin';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { findDifferences } from '@keyward/tests/platform/pipeline/find-differences';
import type { PipelineLoad } from '@keyward/tests/platform/pipeline/pipeline-load';
import { readCounted } from '@keyward/tests/platform/pipeline/read-counted';
import { readGroupState } from '@keyward/tests/platform/pipeline/read-group-state';
import { readLeaseOwners } from '@keyward/tests/platform/pipeline/read-lease-owners';
import { resetGroup } from '@keyward/tests/platform/pipeline/reset-group';
import { type Pipeline, startPipeline } from '@keyward/tests/platform/pipeline/start-pipeline';
import { untilQuiet, untilRelayed } from '@keyward/tests/platform/pipeline/until-quiet';
import type { ServiceProcess } from '@keyward/tests/platform/service-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const restartFromBeginning = /reading from (the|its) beginning/;

describe('while calls come in, each is counted once and in order [real]', () => {
  const running = new AsyncDisposableStack();
  let pipeline: Pipeline;
  let load: PipelineLoad;
  let ingest: ServiceProcess;

  beforeAll(async () => {
    pipeline = running.use(await startPipeline());
    [ingest] = await Promise.all([pipeline.startIngest(), pipeline.startValidator()]);
    load = await pipeline.newLoad();
  });
  afterAll(() => running.disposeAsync());

  /** Some more calls come to their end. */
  async function someCalls(calls = 200): Promise<void> {
    const wanted = load.calls + calls;
    await waitUntil(() => load.calls >= wanted, { what: `${calls} calls`, timeoutMs: 60_000 });
  }

  async function expectAllCounted(): Promise<void> {
    await untilQuiet(pipeline.stores);
    expect(await findDifferences(load, pipeline.stores)).toEqual([]);
  }

  it.each(['kafka', 'postgres'] as const)('when the server of %s is killed and comes back', async (name) => {
    await load.during(async () => {
      await someCalls();
      await pipeline.stores[name].kill();
      await someCalls();
      await pipeline.stores[name].restart();
      await someCalls();
    });
    await expectAllCounted();
  });

  it('when another ingest joins and leaves in the middle of a batch', async () => {
    const { postgres } = pipeline.stores;
    /** Batches stand still in their transactions meanwhile. */
    const inMidBatch = (work: () => Promise<unknown>) =>
      withPostgres(postgres.url, async (client) => {
        await client.query('begin');
        await client.query('lock table consumer_offset in share mode');
        const waiting =
          "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%consumer_offset%'";
        const isWaiting = () =>
          withPostgres(postgres.url, async (other) => Number((await other.query(waiting)).rowCount) > 0);
        await waitUntil(isWaiting, { what: 'a batch to stand still', timeoutMs: 15_000 });
        await work();
        await client.query('rollback');
      });
    const isRebalancing = async () => (await readGroupState(pipeline.stores)) !== 'Stable';
    const untilRebalancing = () => waitUntil(isRebalancing, { what: 'a rebalance', timeoutMs: 15_000, everyMs: 1 });
    await load.during(async () => {
      const joining: Promise<ServiceProcess>[] = [];
      await inMidBatch(async () => {
        joining.push(pipeline.startIngest());
        await untilRebalancing();
      });
      const [second] = await Promise.all(joining);
      await someCalls();
      await inMidBatch(async () => second?.process.kill());
      await someCalls();
    });
    await expectAllCounted();
  });

  it('when a relay is stopped before it sends, past its lease, and goes on once another has sent', async () => {
    const point = 'SIGSTOP before producer.append';
    const second = await pipeline.startValidator(point);
    const owners = async () => new Set(await readLeaseOwners(pipeline.stores.redis.url));
    const areOwners = (count: number) => async () => {
      const found = await owners();
      return found.size === count && !found.has(null);
    };
    await load.during(async () => {
      await waitUntil(areOwners(2), { what: 'the second to own its share', timeoutMs: 30_000 });
      second.process.signal('SIGWINCH');
      await waitUntil(areOwners(1), { what: 'the first to own all', timeoutMs: 30_000 });
      await someCalls();
      second.process.signal('SIGCONT');
      await waitUntil(areOwners(2), { what: 'the second to be back', timeoutMs: 30_000 });
      await someCalls();
    });
    await expectAllCounted();
    await second.process.stop();
  });

  it('when the log is replayed from offset 0', async () => {
    await ingest.process.kill();
    await resetGroup(pipeline.stores);
    ingest = await pipeline.startIngest();
    await load.during(() => someCalls());
    await expectAllCounted();
  });

  it('when the stored offset lies beyond the end of the log, which is told', async () => {
    await untilQuiet(pipeline.stores);
    await ingest.process.kill();
    const { postgres } = pipeline.stores;
    await withPostgres(postgres.url, (client) =>
      client.query('update consumer_offset set next_offset = next_offset + 1000000'),
    );
    ingest = await pipeline.startIngest();
    await load.during(() => someCalls());
    await expectAllCounted();
    expect(ingest.process.output()).toMatch(restartFromBeginning);
  });

  it('when the topic is deleted once all is counted, and made anew, which is told', async () => {
    await deleteTopic();
    await load.during(() => someCalls());
    await expectAllCounted();
    await waitUntil(() => restartFromBeginning.test(ingest.process.output()), { what: 'the error', timeoutMs: 15_000 });
  });

  /** The last one: what it loses is lost. */
  it('but what the log held when its topic was deleted: all of that shows, and nothing else is lost', async () => {
    await untilQuiet(pipeline.stores);
    await ingest.process.kill();
    const counted = await linesOfClients();
    await load.during(() => someCalls());
    await untilRelayed(pipeline.stores);
    const acknowledged = linesTold();
    await deleteTopic();
    ingest = await pipeline.startIngest();
    await load.during(() => someCalls());
    await untilQuiet(pipeline.stores);
    const wanted = [...load.told].map(([client, calls]) => {
      const [from = 0, to = 0] = [counted.get(client), acknowledged.get(client)];
      return [client, [...calls.slice(0, from), ...calls.slice(to)].map(({ eventId }) => eventId)] as const;
    });
    const { arrivals } = await readCounted(pipeline.stores.postgres.url);
    expect(arrivals).toEqual(new Map(wanted));
    const lost = [...acknowledged].reduce((sum, [client, lines]) => sum + lines - (counted.get(client) ?? 0), 0);
    expect(lost).toBeGreaterThan(0);
    expect(await uncounted()).toBe(lost);
  });

  const linesTold = () => new Map([...load.told].map(([client, calls]) => [client, calls.length]));
  async function linesOfClients(): Promise<Map<string, number>> {
    const { arrivals } = await readCounted(pipeline.stores.postgres.url);
    return new Map([...arrivals].map(([client, lines]) => [client, lines.length]));
  }

  const deleteTopic = () =>
    withKafka(pipeline.stores.kafka.url, (admin) => admin.deleteTopics({ topics: [pipeline.stores.topic] }));

  /** What the outboxes gave away and nobody counted or buried, as Postgres has it. */
  async function uncounted(): Promise<number> {
    const { postgres } = pipeline.stores;
    const sum = 'select sum(counted + buried) as n from outbox_count';
    const { rows } = await withPostgres(postgres.url, (client) => client.query(sum));
    return load.calls - Number(rows[0].n);
  }
});
