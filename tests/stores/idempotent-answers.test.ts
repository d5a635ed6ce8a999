import { newId } from '@keyward/kit/random';
import { openDatabase } from '@keyward/stores/postgres/database';
import { forgetAnswers } from '@keyward/stores/postgres/idempotent-answers';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';

describePostgresBackends('answers that were kept for repetitions', (backend) => {
  it('are forgotten once they are old, a bounded number at once', async () => {
    await using opened = await openDatabase(await backend.url());
    const { db } = opened;
    await migrate(db);
    const limit = new Date('2026-11-20T12:00:00Z');
    const answersAt = (created_at: Date, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...{ actor_id: newId(), key: `k${i}`, fingerprint: Buffer.alloc(32), status: 201, sealed: null, notes: [] },
        created_at,
      }));
    const rows = [...answersAt(new Date(limit.getTime() - 1), 2_300), ...answersAt(limit, 3)];
    for (let i = 0; i < rows.length; i += 500)
      await db
        .insertInto('idempotent_answer')
        .values(rows.slice(i, i + 500))
        .execute();
    const forgotten = [];
    for (let i = 0; i < 4; i += 1) forgotten.push(await forgetAnswers(db, limit));
    expect(forgotten).toEqual([1_000, 1_000, 300, 0]);
    expect(await db.selectFrom('idempotent_answer').select('created_at').execute()).toHaveLength(3);
  });
});
