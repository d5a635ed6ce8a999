import { collectBuried } from '@keyward/admin-api/reports/collect-buried';
import { newId } from '@keyward/kit/random';
import type { BuriedEntry } from '@keyward/stores/ports/outbox-accounts';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, expect, it } from 'vitest';

const [eventId, environmentId] = [newId(), newId()];

function buried(fields: Partial<BuriedEntry> = {}): BuriedEntry {
  return {
    shard: 7,
    incarnation: 'one',
    position: '1-1',
    place: '5-0',
    type: 'keyward.validation.v1',
    value: JSON.stringify({ id: eventId, environmentId, name: 'ünïcode \0' }),
    reason: 'MESSAGE_TOO_LARGE',
    ...fields,
  };
}

/** Dead lists that the test plays. */
function listsOf(...entries: BuriedEntry[]) {
  const lists = {
    entries,
    isAway: false,
    listBuried: async () => lists.entries,
    dropBuried: async (dropped: readonly Pick<BuriedEntry, 'shard' | 'place'>[]) => {
      if (lists.isAway) throw new Error('connection lost');
      const gone = new Set(dropped.map(({ shard, place }) => `${shard} ${place}`));
      lists.entries = lists.entries.filter(({ shard, place }) => !gone.has(`${shard} ${place}`));
    },
  };
  return lists;
}

describePostgresBackends('entries that the log refused', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;

  beforeAll(async () => {
    opened = await openDatabase(await backend.url());
    db = opened.db;
    await migrate(db);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const rows = () => db.selectFrom('event_dead').selectAll().orderBy('position').execute();

  it('are kept once, however often they come and whatever fails between two steps', async () => {
    const lists = listsOf(buried(), buried({ position: '1-2', place: '6-0', type: 'unreadable', value: '{"e":"{"}' }));
    lists.isAway = true;
    for (let i = 0; i < 3; i++) await expect(collectBuried({ db, accounts: lists })).rejects.toThrow('lost');
    expect(await rows()).toMatchObject([
      {
        ...{ shard: 7, incarnation: 'one', position: '1-1', type: 'keyward.validation.v1', log_id: null },
        ...{ event_id: eventId, environment_id: environmentId, reason: 'MESSAGE_TOO_LARGE' },
      },
      { position: '1-2', type: 'unreadable', event_id: null, environment_id: null },
    ]);
    expect(Buffer.from((await rows())[0]?.value ?? []).toString()).toBe(buried().value);
    lists.isAway = false;
    expect(await collectBuried({ db, accounts: lists })).toBe(2);
    expect(lists.entries).toEqual([]);
    expect(await collectBuried({ db, accounts: lists })).toBe(0);
    expect(await rows()).toHaveLength(2);
  });

  it('of another shard or incarnation are others', async () => {
    await db.deleteFrom('event_dead').execute();
    const lists = listsOf(buried(), buried({ shard: 8 }), buried({ incarnation: 'two', place: '7-0' }));
    await collectBuried({ db, accounts: lists });
    expect(await rows()).toHaveLength(3);
  });
});
