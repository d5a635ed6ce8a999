import { type PipelineEvent, validation } from '@keyward/contract/pipeline-event';
import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { type UsageCount, usageSummaryType } from '@keyward/contract/usage-summary';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import { UsageCounts } from '@keyward/stores/usage-counts';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { idAt } from './sample-events.ts';
import { WriterUnderTest } from './writer-under-test.ts';

const hourMs = 3_600_000;

describePostgresBackends('usage summaries', (backend) => {
  const stage = new WriterUnderTest(backend);
  const summary = (counts: UsageCount[], events: number): PipelineEvent => ({
    type: usageSummaryType,
    data: { id: idAt(stage.nowMs), events, counts },
  });
  const refusals = (environmentId: string, minuteMs: number, count = 3): PipelineEvent => ({
    type: refusalSummaryType,
    data: { id: idAt(stage.nowMs), counts: [{ minuteMs, environmentId, code: 'INVALID_KEY', count }] },
  });
  const hoursOf = (environmentId: string) =>
    stage.db.selectFrom('usage_hour').selectAll().where('environment_id', '=', environmentId).orderBy('hour').execute();

  /** Some decisions of two keys, and everything that is counted of them. */
  function decisions(environmentId: string): ValidationEvent[] {
    const [clientId, keyIds] = [newId(), [newId(), newId()]];
    return Array.from({ length: 60 }, (_, i) =>
      stage.event({
        environmentId,
        clientId,
        keyId: keyIds[i % 2] ?? '',
        verdict: i % 5 === 0 ? 'EXPIRED' : 'ALLOWED',
        durationUs: 2 ** (i % 20),
        cost: i % 3,
        decidedAtMs: stage.nowMs - (i % 2) * hourMs,
      }),
    );
  }

  const countsOf = async (environmentId: string) => {
    const { db } = stage;
    const bare = (rows: object[]) => rows.map((row) => JSON.stringify({ ...row, environment_id: null })).toSorted();
    const of = (table: 'client_total' | 'key_total' | 'endpoint_total') =>
      db.selectFrom(table).selectAll().where('environment_id', '=', environmentId).execute();
    return {
      hours: bare(await hoursOf(environmentId)),
      clients: bare(await of('client_total')),
      keys: bare(await of('key_total')),
      endpoints: bare(await of('endpoint_total')),
    };
  };

  it('come to the same counts as the decisions that they stand for', async () => {
    const [apart, summedUp] = [newId(), newId()];
    const events = decisions(apart);
    const sums = new UsageCounts();
    for (const event of events) sums.add({ ...event, environmentId: summedUp });
    // Totals are by client and by key, so the two sets are written and read one after the other.
    await stage.newWriter().write(stage.batch(events.map(validation)));
    const expected = await countsOf(apart);
    for (const table of ['client_total', 'key_total'] as const) await stage.db.deleteFrom(table).execute();
    await stage.newWriter().write(stage.batch([summary(sums.sorted(), events.length)]));
    expect(await countsOf(summedUp)).toEqual(expected);
    expect(expected.hours.length).toBeGreaterThan(3);
  });

  it('are counted once, however often they come', async () => {
    const environmentId = newId();
    const sums = new UsageCounts();
    for (const event of decisions(environmentId)) sums.add(event);
    const twice = [summary(sums.sorted(), 60), refusals(environmentId, stage.nowMs)];
    const outbox = stage.newIncarnation();
    await stage.newWriter().write(stage.batch(twice, outbox));
    const expected = await countsOf(environmentId);
    await stage.newWriter().write(stage.batch([...twice, ...twice], outbox));
    expect(await countsOf(environmentId)).toEqual(expected);
    expect(await stage.outbox(outbox)).toEqual({ counted: 2, buried: 0 });
  });

  it('keep a histogram that holds every duration, whatever was added in which order', async () => {
    const environmentId = newId();
    const fields = { environmentId, clientId: newId(), keyId: newId() };
    const durations = [0, 63, 64, 1_000, 2 ** 40, 500, 64, 0, 0];
    for (const durationUs of durations)
      await stage.newWriter().write(stage.batch([validation(stage.event({ ...fields, durationUs }))]));
    const all = new UsageCounts();
    for (const durationUs of durations) all.add(stage.event({ ...fields, durationUs }));
    const [row] = await hoursOf(environmentId);
    expect(row?.durations).toEqual(all.sorted()[0]?.durations);
    expect(row?.durations).toHaveLength(16);
  });

  it('of refusals are counted by the hour, with neither client, key nor endpoint', async () => {
    const environmentId = newId();
    const minutes = [0, 59, 60].map((minute) => Math.floor(stage.nowMs / hourMs) * hourMs - minute * 60_000);
    await stage.newWriter().write(stage.batch(minutes.map((minuteMs) => refusals(environmentId, minuteMs))));
    await stage.newWriter().write(stage.batch([refusals(environmentId, stage.nowMs, 5)]));
    const rows = await hoursOf(environmentId);
    const nobody = { client_id: null, key_id: null, endpoint: null, verdict: 'INVALID_KEY' };
    expect(rows).toMatchObject([
      { ...nobody, count: 6 },
      { ...nobody, count: 8 },
    ]);
  });

  it('from outside the window are kept as dead, as decisions are', async () => {
    const old = stage.nowMs - 9 * 24 * hourMs;
    const outbox = stage.newIncarnation();
    await stage.newWriter().write(stage.batch([refusals(newId(), old)], outbox));
    expect(await stage.outbox(outbox)).toEqual({ counted: 0, buried: 1 });
  });
});
