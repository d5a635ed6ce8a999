import { newId } from '@keyward/kit/random';
import { openDatabase } from '@keyward/stores/postgres/database';
import { BeginAnew, inTransaction } from '@keyward/stores/postgres/in-transaction';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';

/** An error as Postgres tells it. */
const refusedWith = (code: string) => Object.assign(new Error(`refused with ${code}`), { code });
const deadlock = refusedWith('40P01');

describePostgresBackends('a transaction that others stand in the way of', (backend) => {
  it('is run again with nothing of the runs before', async () => {
    await using opened = await openDatabase(await backend.url());
    const { db } = opened;
    await migrate(db);
    const obstacles = [deadlock, refusedWith('40001'), new BeginAnew()];
    const answer = await inTransaction(db, async (transaction) => {
      const obstacle = obstacles.shift();
      const name = obstacle ? 'lost' : 'kept';
      await transaction.insertInto('organization').values({ id: newId(), name, created_at: new Date() }).execute();
      if (obstacle) throw obstacle;
      return name;
    });
    expect(answer).toBe('kept');
    expect(await db.selectFrom('organization').select('name').execute()).toEqual([{ name: 'kept' }]);
  });

  it('is given up after some runs, and after one when it is its own fault', async () => {
    await using opened = await openDatabase(await backend.url());
    const runsUntil = async (error: Error) => {
      let runs = 0;
      const work = inTransaction(opened.db, async () => {
        runs += 1;
        throw error;
      });
      await expect(work).rejects.toBe(error);
      return runs;
    };
    expect(await runsUntil(refusedWith('23505'))).toBe(1);
    expect(await runsUntil(deadlock)).toBe(8);
  });
});
