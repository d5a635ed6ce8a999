import { Projector } from '@keyward/admin-api/projection/projector';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { openProjectionStore } from '@keyward/stores/open-shards';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { openDatabase } from '@keyward/stores/postgres/database';
import { freshPgliteUrl } from '@keyward/tests/backends/isolate';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { infoLine, withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { administrationOn, newEnvironment } from './administration-under-test.ts';
import { quietLogger as logger } from './sample-events.ts';

describe('with a replica that must have it, a change [redis]', () => {
  let master: NativeServer;
  let replica: NativeServer;
  const opened: ProjectionStore[] = [];
  const open = async (minReplicas: number) => {
    const store = await openProjectionStore(master.url, { minReplicas });
    opened.push(store);
    return store;
  };
  const isReplicated = async () =>
    infoLine(await withRedis(master.url, (redis) => redis.info('replication')), 'slave0')?.includes('state=online');

  beforeAll(async () => {
    master = await startNativeRedis({ args: ['--repl-diskless-sync-delay', '0'] });
    replica = await startNativeRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    await waitUntil(isReplicated, { what: 'the replica to be online', timeoutMs: 15_000 });
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await replica?.stop();
    await master?.stop();
  });

  it('is confirmed only once the replica has it, also when another connection finds it written', async () => {
    const clientId = newId();
    const raise = (store: ProjectionStore) => store.confirmed(() => store.putClientVersion(clientId, 1));
    const store = await open(1);
    await waitUntil(() => raise(store), { what: 'the replica to confirm', timeoutMs: 15_000 });
    replica.freeze();
    try {
      expect(await store.confirmed(() => store.putClientVersion(clientId, 2))).toBe(false);
      const other = await open(1);
      expect(await other.confirmed(() => other.putClientVersion(clientId, 2))).toBe(false);
      const indifferent = await open(0);
      expect(await raise(indifferent)).toBe(true);
    } finally {
      replica.thaw();
    }
    await waitUntil(() => raise(store), { what: 'the replica to catch up', timeoutMs: 10_000 });
  });

  it('is not confirmed by fewer replicas than were asked for', async () => {
    const store = await open(2);
    expect(await store.confirmed(() => store.putClientVersion(newId(), 1))).toBe(false);
  });

  it('is not confirmed when the connection that carried it is another one now', async () => {
    const store = await open(1);
    const isOnline = () => store.confirmed(() => store.putClientVersion(newId(), 1));
    await waitUntil(isOnline, { what: 'the replica to confirm', timeoutMs: 15_000 });
    const confirmed = store.confirmed(async () => {
      await store.putClientVersion(newId(), 1);
      await withRedis(master.url, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal'));
      await waitUntil(() => store.ready(), { what: 'the next connection', timeoutMs: 5_000 });
    });
    expect(await confirmed).toBe(false);
  });

  it('is answered as pending while the replica is frozen, and asserted again until it is confirmed', async () => {
    await using database = await openDatabase(freshPgliteUrl());
    const { db } = database;
    const administration = await administrationOn({ db, store: await open(1), clock: systemClock });
    const later = { ...systemClock, nowMs: () => systemClock.nowMs() + 60_000 }; // no grace for what is young
    const repairer = new Projector({ ...administration, store: await open(1), clock: later, logger });
    await repairer.rebuild();
    const change = async () => (await newEnvironment(administration)).propagation;
    const outstanding = async () => (await db.selectFrom('config_outbox').select('id').execute()).length;
    await waitUntil(async () => (await change()) === undefined, {
      what: 'a change to be confirmed',
      timeoutMs: 15_000,
    });
    await repairer.repair();
    expect(await outstanding()).toBe(0);
    replica.freeze();
    try {
      expect(await change()).toBe('pending');
      await repairer.repair();
      expect(await outstanding()).toBe(1);
    } finally {
      replica.thaw();
    }
    const repaired = async () => {
      await repairer.repair();
      return (await outstanding()) === 0;
    };
    await waitUntil(repaired, { what: 'the change to be confirmed', timeoutMs: 10_000 });
  });
});
