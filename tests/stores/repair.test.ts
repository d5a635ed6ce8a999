import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { openDatabase } from '@keyward/stores/postgres/database';
import { StoreAway } from '@keyward/stores/store-away';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it, vi } from 'vitest';
import { administrationOn, createOneClient, newEnvironment } from './administration-under-test.ts';

describePostgresBackends('the repair of the projection', (backend) => {
  it('comes to every change, however many older ones cannot be written', async () => {
    await using opened = await openDatabase(await backend.url());
    const { db } = opened;
    const shards = new MemoryShards();
    const store = new MemoryProjectionStore(shards);
    const administration = await administrationOn({ db, store, clock: systemClock });
    await administration.projector.rebuild();
    const { environment } = await newEnvironment(administration);
    const away = vi.spyOn(store, 'putClient').mockRejectedValue(new StoreAway(new Error('the shard is away')));
    const inputs = [{ name: 'one' }, { name: 'other' }];
    const clients = [];
    for (const input of inputs) clients.push(await createOneClient(administration, environment, input));
    expect(clients.map(({ propagation }) => propagation)).toEqual(['pending', 'pending']);
    const [one = '', other = ''] = clients.map(({ id }) => id);
    const noteAt = (clientId: string, created_at: Date) => ({
      ...{ id: newId(), environment_id: environment.id, client_id: clientId, tenant: null },
      created_at,
    });
    await db.deleteFrom('config_outbox').execute();
    const old = new Date(systemClock.nowMs() - 60_000);
    // Many of one time, so that a page ends among them.
    const rows = Array.from({ length: 520 }, () => noteAt(one, old));
    await db.insertInto('config_outbox').values(rows).execute();
    await db
      .insertInto('config_outbox')
      .values(noteAt(other, new Date(old.getTime() + 1)))
      .execute();

    away.mockImplementation(async (environmentId, record) => {
      if (record.clientId === one) throw new StoreAway(new Error('the shard is away'));
      return MemoryProjectionStore.prototype.putClient.call(store, environmentId, record);
    });
    const { projector } = administration;
    await projector.repair();
    expect(shards.clientVersions.has(other)).toBe(true);
    expect(shards.clientVersions.has(one)).toBe(false);
    away.mockRestore();
    await projector.repair();
    expect(shards.clientVersions.has(one)).toBe(true);
    expect(await db.selectFrom('config_outbox').selectAll().execute()).toEqual([]);
  });
});
