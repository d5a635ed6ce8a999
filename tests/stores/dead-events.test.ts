import { validation } from '@keyward/contract/pipeline-event';
import { validationEventType } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import { encodeEvent } from '@keyward/stores/event-codec';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { beforeEach, expect, it } from 'vitest';
import { WriterUnderTest } from './writer-under-test.ts';

describePostgresBackends('dead events', (backend) => {
  const stage = new WriterUnderTest(backend);
  const deadRows = () => stage.db.selectFrom('event_dead').selectAll().orderBy('created_at').execute();
  const askForReplay = () =>
    stage.db
      .updateTable('event_dead')
      .set({ replay_at: new Date(stage.nowMs) })
      .execute();
  const countedOf = async (environmentId: string) =>
    (await stage.db.selectFrom('usage_hour').selectAll().where('environment_id', '=', environmentId).execute()).length;
  beforeEach(async () => {
    await stage.db.deleteFrom('event_dead').execute();
  });

  /** An event that our schema passes and Postgres refuses. */
  const refused = () => stage.event({ methodPath: 'GET:/nul\0', environmentId: newId() });

  it('say what they are and which outbox they came from, and are buried once', async () => {
    const [outbox, event] = [stage.newIncarnation(), refused()];
    const batch = stage.batch([validation(event), validation(stage.event())], outbox);
    await stage.newWriter().write(batch);
    await stage.newWriter().write(batch);
    // As a relay does that died between the log's answer and the trim.
    await stage.newWriter().write(stage.batch([validation(event)], outbox));
    const facts = { type: validationEventType, event_id: event.id, environment_id: event.environmentId };
    expect(await deadRows()).toMatchObject([{ ...facts, shard: 7, incarnation: outbox, attempts: 1, replay_at: null }]);
    expect(await stage.outbox(outbox)).toEqual({ counted: 1, buried: 1 });
  });

  it('stay, with the reason, when they are refused again', async () => {
    const outbox = stage.newIncarnation();
    await stage.newWriter().write(stage.batch([validation(refused())], outbox));
    await askForReplay();
    const writer = stage.newWriter();
    expect(await writer.replay()).toBe('dead');
    expect(await writer.replay()).toBeUndefined();
    expect(await deadRows()).toMatchObject([{ attempts: 2, replay_at: null, reason: expect.stringMatching(/0x00/) }]);
    expect(await stage.outbox(outbox)).toEqual({ counted: 0, buried: 1 });
  });

  it('are counted by a replay once what refused them is gone, and move in the account of their outbox', async () => {
    const [outbox, event] = [stage.newIncarnation(), stage.event()];
    const writer = stage.newWriter();
    await bury(event, { incarnation: outbox, position: null, log_id: 'log', partition: 0, log_offset: 9_999 });
    const account = { shard: 7, incarnation: outbox, counted: 0, buried: 1 };
    await stage.db.insertInto('outbox_count').values(account).execute();
    await askForReplay();
    expect(await writer.replay()).toBe('counted');
    expect(await deadRows()).toEqual([]);
    expect(await countedOf(event.environmentId)).toBe(1);
    expect(await stage.outbox(outbox)).toEqual({ counted: 1, buried: 0 });
  });

  it('that the log refused leave the grave of their outbox when they are counted', async () => {
    const [outbox, event] = [stage.newIncarnation(), stage.event()];
    await bury(event, { incarnation: outbox, position: '1-1', log_id: null, partition: null, log_offset: null });
    await askForReplay();
    const writers = [stage.newWriter(), stage.newWriter()];
    await Promise.all(writers.map((writer) => writer.replay()));
    expect(await countedOf(event.environmentId)).toBe(1);
    // The outbox says 1 for ever; both numbers together say that nothing lies buried.
    expect(await stage.outbox(outbox)).toEqual({ counted: 1, buried: -1 });
  });

  it('that were counted all the same are not counted again', async () => {
    const [outbox, event] = [stage.newIncarnation(), stage.event()];
    await stage.newWriter().write(stage.batch([validation(event)], outbox));
    await bury(event, { incarnation: outbox, position: '1-2', log_id: null, partition: null, log_offset: null });
    await askForReplay();
    expect(await stage.newWriter().replay()).toBe('counted');
    expect(await countedOf(event.environmentId)).toBe(1);
    expect(await stage.outbox(outbox)).toEqual({ counted: 1, buried: -1 });
  });

  it('are as old as any other when they are replayed: outside the window they stay', async () => {
    await bury(stage.event(), { incarnation: stage.newIncarnation(), position: '1-3', log_id: null });
    await askForReplay();
    stage.passDays(9);
    expect(await stage.newWriter().replay()).toBe('dead');
    expect(await deadRows()).toMatchObject([{ reason: expect.stringMatching(/outside the window/) }]);
  });

  async function bury(event: ReturnType<typeof stage.event>, place: object): Promise<void> {
    const { value } = encodeEvent({ shard: 7, event: validation(event) });
    const facts = { type: validationEventType, event_id: event.id, environment_id: event.environmentId };
    await stage.db
      .insertInto('event_dead')
      .values({ id: newId(), shard: 7, value: Buffer.from(value), reason: 'MESSAGE_TOO_LARGE', ...facts, ...place })
      .execute();
  }
});
