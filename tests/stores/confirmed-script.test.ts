import { newId } from '@keyward/kit/random';
import { openProjectionStore } from '@keyward/stores/open-shards';
import type { DecisionStore } from '@keyward/stores/ports/decision-store';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { RedisDecisionStore } from '@keyward/stores/redis/redis-decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { infoLine, withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideCommand, seedClient } from './shards-under-test.ts';

/** Which Redis processes a validator decides on, and believes that something is not there. */
describe('a Redis process that takes over [redis]', () => {
  let running: AsyncDisposableStack;
  beforeEach(() => {
    running = new AsyncDisposableStack();
  });
  afterEach(() => running.disposeAsync());

  interface Server {
    redis: NativeServer;
    projection: ProjectionStore;
    /** As in a validator that stays connected to it, without the breaker, which would answer for it. */
    store: DecisionStore;
  }

  async function startServer(): Promise<Server> {
    const redis = running.adopt(await startNativeRedis({ args: ['--repl-diskless-sync-delay', '0'] }), (each) =>
      each.stop(),
    );
    const projection = running.use(await openProjectionStore(redis.url));
    const store = running.use(await RedisDecisionStore.open(redis.url));
    return { redis, projection, store };
  }

  const confirm = async ({ projection }: Server) => projection.completeRebuild(await projection.beginRebuild());

  async function follow({ redis: replica }: Server, { redis: master }: Server): Promise<void> {
    await withRedis(replica.url, (operator) => operator.replicaof('127.0.0.1', master.port));
    const isInStep = () =>
      withRedis(master.url, async (operator) => {
        const marked = newId();
        await operator.set('in-step', marked);
        await operator.wait(1, 1_000);
        return (await withRedis(replica.url, (each) => each.get('in-step'))) === marked;
      });
    await waitUntil(isInStep, { what: 'the replica to be in step', timeoutMs: 15_000 });
  }

  async function promote({ redis, store }: Server): Promise<void> {
    await withRedis(redis.url, (operator) => operator.replicaof('NO', 'ONE'));
    await untilConnected(store);
  }

  /** A connection may have been dropped by what it was told while its server followed another one. */
  const untilConnected = (store: DecisionStore) =>
    waitUntil(() => store.ready(), { what: 'the connection', timeoutMs: 10_000 });

  /** What it says of something known, and of what nobody knows; `away` when it is not to be asked. */
  async function answersOf({ store }: Server, known: { environmentId: string; clientId: string }) {
    const { environmentId } = known;
    const questions = {
      decision: () => store.decide(decideCommand(known)),
      unknownServerKey: () => store.readServerKey(newId()),
      unknownKey: () => store.readKey(environmentId, newId()),
      unknownClient: () => store.readClient(environmentId, newId()),
      unknownTenant: () => store.readTenant(environmentId, newId()),
      environmentVersion: () => store.readEnvironmentVersion(environmentId),
      environment: () => store.readEnvironment(environmentId),
    };
    const answers = Object.entries(questions).map(async ([name, ask]) => [
      name,
      await ask().then(
        () => 'answered',
        (error: unknown) => {
          if (error instanceof StoreAway) return 'away';
          throw error;
        },
      ),
    ]);
    return Object.fromEntries(await Promise.all(answers));
  }
  const all = (answer: 'answered' | 'away') => ({
    decision: answer,
    unknownServerKey: answer,
    unknownKey: answer,
    unknownClient: answer,
    unknownTenant: answer,
    environmentVersion: answer,
    environment: answer,
  });

  it('knows no scripts of the process that it followed: neither replication nor a saved file carries them', async () => {
    const [master, replica] = [await startServer(), await startServer()];
    await follow(replica, master);
    const load = (redis: NativeServer) =>
      withRedis(redis.url, async (operator) => {
        await operator.eval("#!lua\nredis.call('SET', KEYS[1], '1')", 1, 'written');
        return String(await operator.script('LOAD', "#!lua\nreturn 'loaded'"));
      });
    const loaded = await load(master.redis);
    const knows = ({ redis }: Server) => withRedis(redis.url, (operator) => operator.script('EXISTS', loaded));
    await follow(replica, master);
    expect(await knows(master)).toEqual([1]);
    expect(await knows(replica)).toEqual([0]);
    await withRedis(master.redis.url, (operator) => operator.save());
    await master.redis.kill();
    await master.redis.restart();
    expect(await withRedis(master.redis.url, (operator) => operator.get('written'))).toBe('1');
    expect(await knows(master)).toEqual([0]);
  });

  it('from its master is away until it is confirmed itself', async () => {
    const [master, replica] = [await startServer(), await startServer()];
    const known = await seedClient(master.projection);
    expect(await answersOf(master, known)).toEqual(all('answered'));
    await follow(replica, master);
    expect(await answersOf(replica, known)).toEqual(all('away'));
    await promote(replica);
    expect(await answersOf(replica, known)).toEqual(all('away'));
    expect(await replica.projection.isComplete()).toBe(false);
    expect(await confirm(replica)).toBe(true);
    expect(await answersOf(replica, known)).toEqual(all('answered'));
  });

  it('with data that were saved is away until it is confirmed', async () => {
    const server = await startServer();
    const known = await seedClient(server.projection);
    expect(await answersOf(server, known)).toEqual(all('answered'));
    await withRedis(server.redis.url, (operator) => operator.save());
    await server.redis.kill();
    await server.redis.restart();
    await untilConnected(server.store);
    expect(await answersOf(server, known)).toEqual(all('away'));
    await waitUntil(() => confirm(server), { what: 'the confirmation', timeoutMs: 10_000 });
    expect(await answersOf(server, known)).toEqual(all('answered'));
  });

  it('for the second time, having followed another meanwhile, is away again, although it knows the scripts', async () => {
    const [first, second] = [await startServer(), await startServer()];
    const known = await seedClient(first.projection);
    expect(await answersOf(first, known)).toEqual(all('answered'));
    await follow(second, first);
    await promote(second);
    expect(await confirm(second)).toBe(true);
    await follow(first, second);
    await promote(first);
    expect(await answersOf(first, known)).toEqual(all('away'));
    expect(await confirm(first)).toBe(true);
    expect(await answersOf(first, known)).toEqual(all('answered'));
  });

  it('for the second time is away again, also when the rebuild of the one in between came to no end', async () => {
    const [first, second] = [await startServer(), await startServer()];
    const known = await seedClient(first.projection);
    expect(await answersOf(first, known)).toEqual(all('answered'));
    await follow(second, first);
    await promote(second);
    await second.projection.beginRebuild();
    await follow(first, second);
    await promote(first);
    expect(await answersOf(first, known)).toEqual(all('away'));
    expect(await confirm(first)).toBe(true);
    expect(await answersOf(first, known)).toEqual(all('answered'));
  });

  it('is served without a break when it forgets its scripts, or gets its first replica', async () => {
    const [server, replica] = [await startServer(), await startServer()];
    const known = await seedClient(server.projection);
    expect(await answersOf(server, known)).toEqual(all('answered'));
    await withRedis(server.redis.url, (operator) => operator.script('FLUSH'));
    expect(await answersOf(server, known)).toEqual(all('answered'));
    await follow(replica, server);
    expect(infoLine(await withRedis(server.redis.url, (each) => each.info('replication')), 'connected_slaves')).toBe(
      '1',
    );
    expect(await answersOf(server, known)).toEqual(all('answered'));
    expect(await confirm(server)).toBe(true);
    expect(await answersOf(server, known)).toEqual(all('answered'));
  });
});
