import { validation } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import { addHistogram } from '@keyward/stores/latency-histogram';
import { asOnlyReplica } from '@keyward/stores/postgres/upkeep/as-only-replica';
import { dropOldEnvelopes, dropOldHours } from '@keyward/stores/postgres/upkeep/drop-old-rows';
import { rollUpNextDay } from '@keyward/stores/postgres/upkeep/roll-up-days';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { insertEnvironment } from '@keyward/tests/platform/insert-environment';
import { beforeEach, expect, it } from 'vitest';
import { WriterUnderTest } from './writer-under-test.ts';

const hourMs = 3_600_000;
const retentionDays = 8;

describePostgresBackends('upkeep', (backend) => {
  const stage = new WriterUnderTest(backend);
  beforeEach(async () => {
    for (const table of ['usage_hour', 'usage_day', 'usage_rolled_up'] as const)
      await stage.db.deleteFrom(table).execute();
  });
  const rollUp = () => rollUpNextDay(stage.ingest.db, { nowMs: stage.nowMs, retentionDays });
  const dropHours = (hourRetentionDays: number) =>
    dropOldHours(stage.ingest.db, { nowMs: stage.nowMs, hourRetentionDays });
  const hours = () => stage.db.selectFrom('usage_hour').selectAll().execute();
  const days = () => stage.db.selectFrom('usage_day').selectAll().orderBy('day').execute();
  const write = (...events: ValidationEvent[]) => stage.newWriter().write(stage.batch(events.map(validation)));

  async function someDays() {
    const fields = { environmentId: newId(), clientId: newId(), keyId: newId() };
    for (let i = 0; i < 50; i += 1)
      await write(
        stage.event({ ...fields, durationUs: 2 ** (i % 18), cost: i, decidedAtMs: stage.nowMs - i * hourMs }),
      );
    return fields;
  }

  it('sums up a day once no event can reach it, to what its hours come to', async () => {
    await someDays();
    const sums = together(await hours());
    expect(await rollUp()).toBeUndefined();
    stage.passDays(retentionDays + 3);
    const done = [await rollUp(), await rollUp(), await rollUp(), await rollUp()];
    expect(done).toEqual(['2026-11-18', '2026-11-19', '2026-11-20', undefined]);
    const rows = await days();
    expect(rows).toHaveLength(3);
    expect(together(rows)).toEqual(sums);
  });

  it('sums a day up once, whoever tries at the same time', async () => {
    await someDays();
    stage.passDays(retentionDays + 3);
    for (let i = 0; i < 4; i += 1) await Promise.all([rollUp(), rollUp(), rollUp()]);
    expect((await days()).reduce((sum, row) => sum + row.count, 0)).toBe(50);
  });

  it('drops hours only when they are kept as days', async () => {
    await someDays();
    stage.passDays(100);
    expect(await dropHours(90)).toBe(0);
    await rollUp();
    expect(await dropHours(90)).toBeGreaterThan(0);
    expect((await hours()).every((row) => row.hour >= new Date('2026-11-19T00:00:00Z'))).toBe(true);
    while (await rollUp());
    expect(await dropHours(200)).toBe(0);
    await dropHours(90);
    expect(await hours()).toEqual([]);
    expect((await days()).reduce((sum, row) => sum + row.count, 0)).toBe(50);
  });

  it('lets one replica work at a time, and nobody else wait', async () => {
    if (backend.name === 'pglite') return; // one connection: there is no other replica
    const [begun, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = asOnlyReplica(stage.ingest.db, async () => {
      begun.resolve();
      await finished.promise;
      return 'first';
    });
    await begun.promise;
    expect(await asOnlyReplica(stage.ingest.db, async () => 'second')).toBeUndefined();
    await write(stage.event());
    finished.resolve();
    expect(await first).toBe('first');
    expect(await asOnlyReplica(stage.ingest.db, async () => 'second')).toBe('second');
  });

  it('forgets envelopes whose timestamp nobody would take any more', async () => {
    const { id: environment_id } = await insertEnvironment(stage.db);
    const at = (ageMs: number) => ({ environment_id, replay_id: `${ageMs}`, seen_at: new Date(stage.nowMs - ageMs) });
    await stage.db
      .insertInto('envelope_seen')
      .values([at(0), at(610_000), at(2 * hourMs)])
      .execute();
    await dropOldEnvelopes(stage.ingest.db, { nowMs: stage.nowMs });
    const left = await stage.db.selectFrom('envelope_seen').select('replay_id').execute();
    expect(left.map((row) => row.replay_id).toSorted()).toEqual(['0', '610000']);
  });
});

type Row = Record<'count' | 'cost' | 'duration_us', number> & { durations: number[] };

function together(rows: readonly Row[]): Row {
  const sum: Row = { count: 0, cost: 0, duration_us: 0, durations: [] };
  for (const row of rows) {
    for (const field of ['count', 'cost', 'duration_us'] as const) sum[field] += row[field];
    addHistogram(sum.durations, row.durations);
  }
  return sum;
}
