import { Projector } from '@keyward/admin-api/projection/projector';
import { changeSettings } from '@keyward/admin-api/projects/settings';
import type { NewKey } from '@keyward/contract/routes/client';
import type { EnvironmentSettings } from '@keyward/contract/settings';
import type { Clock } from '@keyward/kit/clock';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { advanceCatchUps, listPendingCatchUps } from '@keyward/stores/postgres/catch-up';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import { freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { administrationOn, callIn, createOneClient, newEnvironment } from './administration-under-test.ts';
import { quietLogger as logger, recordOf, sampleEvent } from './sample-events.ts';

/** Memory shards on a clock of the test, which are lost by beginning others; what Postgres holds stays. */
describe('totals after a loss [embedded]', () => {
  let nowMs = 0;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  let administration: Awaited<ReturnType<typeof administrationOn>>;
  let environment: EnvironmentRow;
  let shards: MemoryShards;

  beforeAll(async () => {
    opened = await openDatabase(freshPgliteUrl());
    db = opened.db;
    administration = await administrationOn({ db, store: new MemoryProjectionStore(new MemoryShards(clock)), clock });
  });
  beforeEach(async () => {
    nowMs = Date.UTC(2026, 10, 20, 12, 30, 15);
    for (const table of ['environment', 'project', 'usage_hour', 'catch_up'] as const)
      await db.deleteFrom(table).execute();
    beginShards();
    await administration.projector.rebuild();
    ({ environment } = await newEnvironment(administration));
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const beginShards = () => {
    shards = new MemoryShards(clock);
    administration.projector = new Projector({ ...administration, store: new MemoryProjectionStore(shards), logger });
  };
  /** Fresh shards, into which everything is projected once; what Postgres counts is not known yet. */
  const lose = async () => {
    beginShards();
    expect(await administration.projector.repair()).toBe('waiting');
  };
  const catchUp = async () => {
    const ends = { logId: 'log', partitions: [] };
    await advanceCatchUps(db, { ids: await listPendingCatchUps(db), ends, now: new Date(nowMs) });
  };
  const newClient = async (key: Partial<NewKey> = {}) => {
    const { id: clientId, keys } = await createOneClient(administration, environment, {
      name: 'c',
      keys: [{ name: 'k', ...key }],
    });
    return { clientId, keyId: keys[0]?.id ?? '' };
  };
  let offset = 0;
  const spend = async (who: { clientId: string; keyId: string }, cost: number) => {
    const writer = new UsageWriter({ db, sessions: opened.sessions, clock, logger, retentionDays: 8 });
    await writer.keepPartitions();
    const event = sampleEvent({ environmentId: environment.id, ...who, cost, decidedAtMs: nowMs });
    const records = [recordOf(event, offset++)];
    await writer.write({ logId: 'log', partition: 0, records });
  };
  const setCaps = (rateLimits: EnvironmentSettings['rateLimits']) =>
    changeSettings(administration, callIn(environment), { rateLimits });
  const capsUsed = () => {
    const totals = shards.environmentTotals.get(environment.id)?.totals;
    return totals?.windows.map(({ base }) => totals.total - base);
  };

  it('of clients and keys come back once the log is counted, and not before', async () => {
    const client = await newClient();
    await spend(client, 7);
    await lose();
    expect(shards.unseededClients.has(client.clientId)).toBe(true);
    await spend(client, 3);
    await catchUp();
    expect(await administration.projector.repair()).toBe('done');
    expect(shards.unseededClients.size).toBe(0);
    expect(shards.clientTotals.get(client.clientId)?.total).toBe(10);
    expect(shards.keyTotals.get(client.keyId)?.total).toBe(10);
    expect(shards.keyUses.get(client.keyId)).toEqual({ since: 0, before: 2, lastAtMs: nowMs });
  });

  it('that cannot be given back hold up no others, and come back once they can', async () => {
    const [broken, ...others] = [await newClient(), await newClient(), await newClient()];
    for (const client of others) await spend(client, 7);
    await setCaps({ hour: 100 });
    await lose();
    await catchUp();
    const store = new MemoryProjectionStore(shards);
    const seedClientTotals = vi.spyOn(store, 'seedClientTotals').mockImplementation(async (seed) => {
      if (seed.clientId === broken?.clientId) throw new Error('broken');
      return MemoryProjectionStore.prototype.seedClientTotals.call(store, seed);
    });
    const projector = new Projector({ ...administration, store, logger });
    await expect(projector.repair()).rejects.toThrow('broken');
    expect([...shards.unseededClients.keys()]).toEqual([broken?.clientId]);
    expect(shards.unseededEnvironments.size).toBe(0);
    expect(capsUsed()?.[0]).toBeGreaterThanOrEqual(14);
    seedClientTotals.mockRestore();
    expect(await projector.repair()).toBe('done');
    expect(shards.unseededClients.size).toBe(0);
  });

  it('of an environment that cannot be given back hold up no others', async () => {
    const { environment: second } = await newEnvironment(administration);
    await lose();
    await catchUp();
    const store = new MemoryProjectionStore(shards);
    vi.spyOn(store, 'seedEnvironmentTotals').mockImplementationOnce(async () => {
      throw new Error('broken');
    });
    await expect(new Projector({ ...administration, store, logger }).repair()).rejects.toThrow('broken');
    expect([environment.id, second.id].filter((id) => shards.unseededEnvironments.has(id))).toHaveLength(1);
  });

  it('of shards that were lost again wait for the log again', async () => {
    const client = await newClient();
    await lose();
    await catchUp();
    await lose();
    expect(shards.unseededClients.has(client.clientId)).toBe(true);
    await catchUp();
    expect(await administration.projector.repair()).toBe('done');
  });

  it('of a key with a limit per minute wait for the end of the minute of the loss; others do not', async () => {
    const other = await newClient();
    const client = await newClient({ rateLimit: { requests: 5, window: 'minute' } });
    await spend(client, 4);
    await lose();
    await catchUp();
    expect(await administration.projector.repair()).toBe('done');
    expect([...shards.unseededClients.keys()]).toEqual([client.clientId]);
    expect(shards.unseededClients.has(other.clientId)).toBe(false);
    nowMs += 44_999;
    await administration.projector.repair();
    expect(shards.unseededClients.has(client.clientId)).toBe(true);
    nowMs += 1;
    await administration.projector.repair();
    expect(shards.unseededClients.size).toBe(0);
    const totals = shards.keyTotals.get(client.keyId);
    expect(totals?.total).toBe(4);
    const [, minute, hour] = totals?.windows ?? [];
    expect(minute?.endMs).toBeLessThanOrEqual(nowMs);
    expect(hour).toMatchObject({ base: 0 });
  });

  it("of an environment's caps are there before the caps are known, and rest without caps", async () => {
    await spend(await newClient(), 7);
    await setCaps({ hour: 1_000 });
    expect(capsUsed()).toEqual([7, 7, 7, 7]);
    const made = shards.environmentTotals.get(environment.id);
    await spend(await newClient(), 9);
    await setCaps({ hour: 2_000 });
    expect(shards.environmentTotals.get(environment.id)).toBe(made);
    await setCaps({});
    expect(made?.isCapped).toBe(false);
    await setCaps({ day: 5 });
    expect(made?.isCapped).toBe(true);
    expect(capsUsed()).toEqual([16, 16, 16, 16]);
  });

  it("of an environment's caps count all of its use before a validator can read of the caps", async () => {
    await setCaps({ hour: 10 });
    await setCaps({});
    await spend(await newClient(), 9);
    const store = new MemoryProjectionStore(shards);
    administration.projector = new Projector({ ...administration, store, logger });
    const usedWhenWritten: unknown[] = [];
    vi.spyOn(store, 'putEnvironment').mockImplementation(async (record) => {
      usedWhenWritten.push(capsUsed()?.[0]);
      return MemoryProjectionStore.prototype.putEnvironment.call(store, record);
    });
    await setCaps({ hour: 10 });
    expect(usedWhenWritten).toEqual([9]);
  });

  it("of an environment's caps come back with what the shards had been granted as used", async () => {
    await spend(await newClient(), 7);
    await setCaps({ hour: 250, day: 10_000 });
    await lose();
    expect(shards.environmentTotals.size).toBe(0);
    await setCaps({ hour: 300, day: 10_000 });
    expect(shards.environmentTotals.size).toBe(0);
    await catchUp();
    expect(await administration.projector.repair()).toBe('done');
    expect(capsUsed()).toEqual([10, 10, 10, 10]);
  });

  it('of an environment without caps are not made, also not later without a loss', async () => {
    await lose();
    await catchUp();
    expect(await administration.projector.repair()).toBe('done');
    expect(shards.environmentTotals.size).toBe(0);
    await setCaps({ hour: 100 });
    expect(capsUsed()).toEqual([0, 0, 0, 0]);
  });
});
