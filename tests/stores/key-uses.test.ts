import type { Administration } from '@keyward/admin-api/administration';
import { removeKey } from '@keyward/admin-api/keys/remove-key';
import { rotateKey } from '@keyward/admin-api/keys/rotate-key';
import { validation } from '@keyward/contract/pipeline-event';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { readUsesBefore } from '@keyward/stores/postgres/key-uses';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { UsageCounts } from '@keyward/stores/usage-counts';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { administrationOn, callIn, createOneClient, newEnvironment } from './administration-under-test.ts';
import { idAt } from './sample-events.ts';
import { WriterUnderTest } from './writer-under-test.ts';

const signedKey = { digest: 'd', tenant: 't', claimedId: 'i', scopes: [] };

describePostgresBackends('the uses of keys that ingest has counted', (backend) => {
  const stage = new WriterUnderTest(backend);
  let who: Pick<ValidationEvent, 'environmentId' | 'clientId' | 'keyId'>;
  let administration: Administration;
  let environment: EnvironmentRow;

  beforeAll(async () => {
    const store = new MemoryProjectionStore(new MemoryShards(stage.clock));
    administration = await administrationOn({ db: stage.db, store, clock: stage.clock });
    environment = (await newEnvironment(administration)).environment;
  });
  beforeEach(async () => {
    const client = await createOneClient(administration, environment, { name: 'c', keys: [{ name: 'k' }] });
    who = { environmentId: environment.id, clientId: client.id, keyId: client.keys[0]?.id ?? '' };
  });

  const events = (count: number, fields: Partial<ValidationEvent> = {}) =>
    Array.from({ length: count }, () => validation(stage.event({ ...who, ...fields })));
  const write = async (what: ReturnType<typeof events>, incarnation?: string) =>
    stage.newWriter().write(stage.batch(what, incarnation));
  const before = async (incarnation: string) => {
    const uses = await readUsesBefore(stage.db, [{ clientId: who.clientId, incarnation }]);
    return uses.get(who.clientId)?.get(who.keyId);
  };

  it('are the admissions that were tracked, of the key as it is registered', async () => {
    const lastAtMs = stage.nowMs - 5;
    await write([
      ...events(3, { decidedAtMs: lastAtMs }),
      ...events(2, { untracked: true }),
      ...events(4, { verdict: 'EXPIRED' }),
      ...events(5, { signedKey }),
    ]);
    await write(events(1, { untracked: true }));
    expect(await before(newId())).toEqual({ count: 3, lastAtMs });
  });

  it('are told without those that the present shard has counted itself', async () => {
    const [first, second] = [idAt(stage.nowMs), idAt(stage.nowMs + 1)];
    await write(events(3), first);
    await write(events(2), first);
    expect(await before(second)).toMatchObject({ count: 5 });
    expect(await before(first)).toMatchObject({ count: 0 });
    await write([...events(4), ...events(1, { untracked: true })], second);
    expect(await before(second)).toMatchObject({ count: 5 });
    // Came past the outboxes, or by an earlier one, late.
    await write(events(1, { degraded: true }));
    await write(events(1), first);
    await write(events(2), second);
    expect(await before(second)).toMatchObject({ count: 7 });
    expect(await before(stage.newIncarnation())).toMatchObject({ count: 13 });
  });

  it('are those of all keys that rotated into each other, deleted ones too', async () => {
    const rotate = async (id: string) => {
      const options = { id, overlapSeconds: 60, expiresAt: undefined };
      return (await rotateKey(administration, callIn(environment), options)).body.id;
    };
    const second = await rotate(who.keyId);
    const third = await rotate(second);
    const incarnation = stage.newIncarnation();
    await write([...events(3), ...events(2, { keyId: third })]);
    await write(events(4, { keyId: second }), incarnation);
    await removeKey(administration, callIn(environment), second);
    expect(await before(stage.newIncarnation())).toMatchObject({ count: 9 });
    expect(await before(incarnation)).toMatchObject({ count: 5 });
  });

  it('are the same when two outboxes come in one batch', async () => {
    const [first, second] = [idAt(stage.nowMs), idAt(stage.nowMs + 1)];
    const records = [first, second, first, second, second].flatMap((incarnation) =>
      events(1).map((event) => stage.record(event, incarnation)),
    );
    await stage.newWriter().write({ logId: 'log', partition: 0, records });
    expect(await before(second)).toMatchObject({ count: 2 });
  });

  it('are the same when they were summed up', async () => {
    const incarnation = stage.newIncarnation();
    const sums = new UsageCounts();
    const summed = [...events(6), ...events(2, { untracked: true }), ...events(3, { signedKey })];
    for (const { data } of [...summed, ...events(4, { verdict: 'REVOKED' })]) sums.add(data as ValidationEvent);
    const [halved, again] = [new UsageCounts(), { id: idAt(stage.nowMs), events: 15, counts: sums.sorted() }];
    halved.addSummary(again);
    const summary = { id: idAt(stage.nowMs), events: 15, counts: halved.sorted() };
    await stage.newWriter().write(stage.batch([{ type: usageSummaryType, data: summary }], incarnation));
    expect(await before(stage.newIncarnation())).toMatchObject({ count: 6 });
    expect(await before(incarnation)).toMatchObject({ count: 0 });
  });

  it('are of nobody who had none', async () => {
    await write(events(2, { verdict: 'EXPIRED' }));
    expect(await before(newId())).toBeUndefined();
    expect(await readUsesBefore(stage.db, [])).toEqual(new Map());
  });
});
