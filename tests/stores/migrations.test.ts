import { newId } from '@keyward/kit/random';
import { openDatabase } from '@keyward/stores/postgres/database';
import { up as usage } from '@keyward/stores/postgres/migrations/0002-usage';
import { up as usageCost } from '@keyward/stores/postgres/migrations/0006-usage-cost';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';

describePostgresBackends('migrations', (backend) => {
  it('charge what was admitted before costs were counted with 1 each', async () => {
    await using database = await openDatabase(await backend.url());
    const { db } = database;
    const bare = db as unknown as Parameters<typeof usage>[0]; // a migration knows no schema
    await usage(bare);
    const ids = { environment_id: newId(), client_id: newId(), key_id: newId(), endpoint: 'GET:/' };
    const counts = { hour: '2026-11-20T12:00:00Z', count: 7, duration_us: 1 };
    const rows = ['ALLOWED', 'REVOKED'].map((verdict) => ({ ...ids, ...counts, verdict }));
    await db.insertInto('usage_hour').values(rows).execute();
    await usageCost(bare);
    const costs = await db.selectFrom('usage_hour').select(['verdict', 'cost']).orderBy('verdict').execute();
    expect(costs).toEqual([
      { verdict: 'ALLOWED', cost: 7 },
      { verdict: 'REVOKED', cost: 0 },
    ]);
    // Code of before goes on writing rows without a cost.
    await db
      .insertInto('usage_hour')
      .values({ ...ids, ...counts, verdict: 'EXPIRED' })
      .execute();
  });
});
