import { windowAt } from '@keyward/decision/calendar';
import { totalsFromSpent } from '@keyward/decision/totals-from-spent';
import { newId } from '@keyward/kit/random';
import type { DecideAnswer, DecideCommand } from '@keyward/stores/ports/decision-store';
import type { ClientSeed, EnvironmentSeed } from '@keyward/stores/ports/lost-totals';
import type { Incarnations } from '@keyward/stores/ports/projection-store';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideCommand, openShards, type ShardsUnderTest } from './shards-under-test.ts';

describeRedisBackends('totals of a lost shard', (backend) => {
  let shards: ShardsUnderTest;

  beforeEach(async () => {
    shards = await openShards(await backend.url());
  });
  afterEach(() => shards[Symbol.asyncDispose]());

  const complete = async () => shards.projection.completeRebuild(await shards.projection.beginRebuild());
  const lost = () => shards.projection.readLostTotals(10);
  const thisHour = () => windowAt('hour', Date.now());

  describe('of a client', () => {
    const seedOf = (clientId: string, incarnations: Incarnations, seed: Partial<ClientSeed> = {}): ClientSeed => {
      const nowMs = Date.now();
      const totals = totalsFromSpent('client', { hour: 2, day: 3, week: 5, month: 4 }, nowMs);
      return {
        clientId,
        incarnations,
        totals,
        families: new Map(),
        uses: new Map(),
        hour: windowAt('hour', nowMs),
        notBeforeMs: 0,
        ...seed,
      };
    };
    const remainingOf = (answer: DecideAnswer) =>
      answer.kind === 'decided' ? answer.limits?.[0]?.remaining : undefined;
    const loseClient = async () => {
      const [environmentId, clientId] = [newId(), newId()];
      await shards.projection.putEnvironmentVersion(environmentId, 1);
      await shards.projection.putClientVersion(clientId, 1);
      await complete();
      return { environmentId, clientId };
    };

    it('are given back in every window, with those of its keys, and then it is lost no more', async () => {
      const { environmentId, clientId } = await loseClient();
      const keyFamilyId = newId();
      const before = await lost();
      expect(before.clients.map((client) => client.clientId)).toEqual([clientId]);
      expect(Math.abs(before.nowMs - Date.now())).toBeLessThan(1_000);
      const families = new Map([[keyFamilyId, totalsFromSpent('key', { hour: 6, day: 7 }, Date.now())]]);
      const seed = seedOf(clientId, before.incarnations, { families });
      expect(await shards.projection.seedClientTotals(seed)).toBe('seeded');
      expect((await lost()).clients).toEqual([]);
      const answer = await shards.store.decide(
        decideCommand({
          ...{ environmentId, clientId, keyFamilyId },
          keyLimits: { second: 10, minute: 10, hour: 10, day: 10 },
          clientLimits: { hour: 10, day: 10, week: 10, month: 10 },
        }),
      );
      expect(answer).toMatchObject({ kind: 'decided', verdict: 'ALLOWED' });
      const remaining = answer.kind === 'decided' ? answer.limits?.map((each) => [each.window, each.remaining]) : [];
      expect(remaining).toEqual([
        ...[
          ['second', 9],
          ['minute', 9],
          ['hour', 3],
          ['day', 2],
        ],
        ...[
          ['hour', 7],
          ['day', 6],
          ['week', 4],
          ['month', 5],
        ],
      ]);
      // What was counted since is not overwritten by somebody who was slower.
      expect(await shards.projection.seedClientTotals(seed)).toBe('seeded');
      const again = await shards.store.decide(
        decideCommand({ environmentId, clientId, keyFamilyId, clientLimits: { hour: 10 } }),
      );
      expect(again).toMatchObject({ limits: [{ remaining: 6 }] });
    });

    it('leave the last use of its keys unknown before it is projected again', async () => {
      expect(await shards.projection.readLastUseMs({ clientId: newId(), familyId: newId() })).toBe('unknown');
    });

    it('come with the uses of its keys, to which what was counted since the loss is added once', async () => {
      const { environmentId, clientId } = await loseClient();
      const { incarnations } = await lost();
      const [one, other] = [newId(), newId()];
      const use = async (keyFamilyId: string, fields: Partial<DecideCommand> = {}) => {
        const command = decideCommand({ environmentId, clientId, keyFamilyId, tellsUses: true, ...fields });
        const answer = await shards.store.decide(command);
        return answer.kind === 'decided' ? answer.uses : answer;
      };
      const startedMs = Date.now();
      // Nobody can say yet how many there were, and nobody is kept waiting for that.
      for (let i = 0; i < 3; i++) expect(await use(one)).toBeUndefined();
      const lastUseMs = (familyId: string) => shards.projection.readLastUseMs({ clientId, familyId });
      expect(await lastUseMs(one)).toBe('unknown');
      const uses = new Map([
        [one, { count: 40, lastAtMs: 5 }],
        [other, { count: 7, lastAtMs: startedMs + 1e9 }],
      ]);
      const seed = seedOf(clientId, incarnations, { uses });
      expect(await shards.projection.seedClientTotals(seed)).toBe('seeded');
      const told = await use(one, { isUse: false });
      expect(told).toEqual({ count: 43, lastAtMs: expect.any(Number) });
      expect(told && 'lastAtMs' in told ? told.lastAtMs : 0).toBeGreaterThanOrEqual(startedMs - 1_000);
      expect(await lastUseMs(one)).toBe(told && 'lastAtMs' in told ? told.lastAtMs : undefined);
      expect(await lastUseMs(other)).toBe(startedMs + 1e9);
      expect(await lastUseMs(newId())).toBe(0);
      expect(await use(other, { verdict: 'REVOKED' })).toEqual({ count: 7, lastAtMs: startedMs + 1e9 });
      expect(await shards.projection.seedClientTotals(seed)).toBe('seeded');
      expect(await use(one)).toMatchObject({ count: 44 });
      expect(await use(newId(), { isUse: false })).toEqual({ count: 0 });
    });

    it('are given back whole, however many keys it has', async () => {
      const { environmentId, clientId } = await loseClient();
      const { incarnations } = await lost();
      const ids = Array.from({ length: 8_001 }, () => newId());
      const families = new Map(ids.map((id, i) => [id, totalsFromSpent('key', { hour: i, day: i }, Date.now())]));
      const uses = new Map(ids.map((id, i) => [id, { count: i, lastAtMs: 1 }]));
      const seed = seedOf(clientId, incarnations, { families, uses });
      expect(await shards.projection.seedClientTotals(seed)).toBe('seeded');
      expect((await lost()).clients).toEqual([]);
      for (const i of [0, 199, 200, 201, 4_000, 7_999, 8_000]) {
        const keyFamilyId = ids[i];
        const limits = { keyLimits: { day: 10_000 }, clientLimits: { month: 10 } };
        expect(
          await shards.store.decide(
            decideCommand({ environmentId, clientId, keyFamilyId, cost: 0, tellsUses: true, ...limits }),
          ),
        ).toMatchObject({ limits: [{ remaining: 10_000 - i }, { remaining: 6 }], uses: { count: i + 1 } });
      }
    });

    it('are unknown until the last of many are given, and none are when they cannot be known yet', async () => {
      const { environmentId, clientId } = await loseClient();
      const { incarnations } = await lost();
      const families = new Map(Array.from({ length: 450 }, () => [newId(), totalsFromSpent('key', {}, Date.now())]));
      const seed = seedOf(clientId, incarnations, { families, notBeforeMs: thisHour().endMs + 60_000 });
      const decide = () => shards.store.decide(decideCommand({ environmentId, clientId, clientLimits: { month: 10 } }));
      expect(await shards.projection.seedClientTotals(seed)).toBe('postponed');
      expect(await decide()).toEqual({ kind: 'incomplete' });
      const seeding = shards.projection.seedClientTotals({ ...seed, notBeforeMs: 0 });
      // Between the calls either nothing is decided or, once all is given, by what was used.
      const answers = await Promise.all(Array.from({ length: 3 }, decide));
      expect(await seeding).toBe('seeded');
      for (const answer of answers)
        if (answer.kind !== 'incomplete') expect(remainingOf(answer)).toBeLessThanOrEqual(5);
      expect(remainingOf(await decide())).toBeLessThanOrEqual(5);
    });

    it('are put off for as long as they cannot be known, and are not due until then', async () => {
      const { clientId } = await loseClient();
      const { incarnations } = await lost();
      const notBeforeMs = thisHour().endMs + 60_000;
      const seed = seedOf(clientId, incarnations, { notBeforeMs });
      expect(await shards.projection.seedClientTotals(seed)).toBe('postponed');
      expect((await lost()).clients).toEqual([]);
      expect(await shards.projection.seedClientTotals({ ...seed, notBeforeMs: 0 })).toBe('seeded');
    });

    it('are not given for another hour, nor into a shard that is another by now', async () => {
      const { clientId } = await loseClient();
      const { incarnations } = await lost();
      const hour = windowAt('hour', Date.now() - 3_600_000);
      expect(await shards.projection.seedClientTotals(seedOf(clientId, incarnations, { hour }))).toBe('outdated');
      const others = incarnations.map(() => newId());
      expect(await shards.projection.seedClientTotals(seedOf(clientId, others))).toBe('outdated');
      expect((await lost()).clients).toHaveLength(1);
    });

    it('are not lost when it is made in a shard that is whole', async () => {
      await complete();
      await shards.projection.putClientVersion(newId(), 1);
      await shards.projection.putEnvironmentVersion(newId(), 1);
      expect(await lost()).toMatchObject({ clients: [], environmentIds: [] });
    });
  });

  describe('of an environment', () => {
    const seedOf = (environmentId: string, seed: Partial<EnvironmentSeed> = {}): EnvironmentSeed => {
      const totals = totalsFromSpent('client', { hour: 1, day: 2, week: 3, month: 4 }, Date.now());
      return { environmentId, version: 5, generation: newId(), totals, hour: thisHour(), ...seed };
    };
    const seed = (environmentId: string, fields: Partial<EnvironmentSeed> = {}) =>
      shards.projection.seedEnvironmentTotals(seedOf(environmentId, fields));
    const claim = (environmentId: string, version: number) =>
      shards.projection.claimEnvironmentTotals(environmentId, version);
    const has = (environmentId: string) => claim(environmentId, 0);
    const release = (environmentId: string, version: number) =>
      shards.projection.releaseEnvironmentTotals(environmentId, version);
    /** How many of ten calls pass under a cap of ten an hour. */
    async function allowedOfTen(environmentId: string, environmentVersion: number): Promise<number> {
      const clientId = newId();
      await shards.projection.putClientVersion(clientId, 1);
      const command = () =>
        decideCommand({ environmentId, clientId, environmentVersion, environmentLimits: { hour: 10 } });
      const verdicts = [];
      for (let i = 0; i < 10; i += 1) verdicts.push(await shards.store.decide(command()));
      return verdicts.filter((answer) => answer.kind === 'decided' && answer.verdict === 'ALLOWED').length;
    }

    it('are made at once where nothing was lost, and released by what is newer than every claim only', async () => {
      await complete();
      const environmentId = newId();
      expect(await claim(environmentId, 5)).toBe(false);
      expect(await seed(environmentId)).toBe('seeded');
      expect(await claim(environmentId, 7)).toBe(true);
      await release(environmentId, 6); // it comes late: version 7 relies on them
      expect(await claim(environmentId, 7)).toBe(true);
      await release(environmentId, 8);
      expect(await claim(environmentId, 9)).toBe(false);
      expect(await seed(environmentId, { version: 7 })).toBe('outdated');
    });

    it('rest while there is no cap, and then count the greater of what they and others counted', async () => {
      await complete();
      const environmentId = newId();
      const spent = (hour: number) =>
        totalsFromSpent('environment', { hour, day: hour, week: hour, month: hour }, Date.now());
      await shards.projection.putEnvironmentVersion(environmentId, 1);
      await seed(environmentId, { version: 1, totals: spent(4) });
      expect(await allowedOfTen(environmentId, 1)).toBe(6);
      await shards.projection.putEnvironmentVersion(environmentId, 2);
      await release(environmentId, 2);
      await seed(environmentId, { version: 3, totals: spent(4) }); // ingest has not counted the six yet
      await shards.projection.putEnvironmentVersion(environmentId, 3);
      expect(await allowedOfTen(environmentId, 3)).toBe(0);

      const other = newId();
      await shards.projection.putEnvironmentVersion(other, 1);
      await seed(other, { version: 1, totals: spent(1) });
      await release(other, 2);
      await seed(other, { version: 3, totals: spent(8) });
      await shards.projection.putEnvironmentVersion(other, 3);
      expect(await allowedOfTen(other, 3)).toBe(2);
    });

    it('are not made by a writer that is older than the environment, nor for another hour', async () => {
      await complete();
      const environmentId = newId();
      await shards.projection.putEnvironmentVersion(environmentId, 6);
      expect(await seed(environmentId, { version: 5 })).toBe('outdated');
      const hour = windowAt('hour', Date.now() - 3_600_000);
      expect(await seed(environmentId, { version: 6, hour })).toBe('outdated');
      expect(await has(environmentId)).toBe(false);
    });

    it('wait, when they were lost, for those who seed what was lost', async () => {
      const environmentId = newId();
      expect(await seed(environmentId)).toBe('waiting');
      await shards.projection.putEnvironmentVersion(environmentId, 5);
      await complete();
      expect(await seed(environmentId)).toBe('waiting');
      const { environmentIds, incarnations } = await lost();
      expect(environmentIds).toEqual([environmentId]);
      expect(await seed(environmentId, { incarnations: incarnations.map(() => newId()) })).toBe('outdated');
      expect(await seed(environmentId, { incarnations })).toBe('seeded');
      expect(await has(environmentId)).toBe(true);
      expect((await lost()).environmentIds).toEqual([]);
    });

    it('that have no caps wait no more once they were looked at', async () => {
      const environmentId = newId();
      await shards.projection.putEnvironmentVersion(environmentId, 5);
      await complete();
      const { incarnations } = await lost();
      expect(await seed(environmentId, { incarnations, totals: undefined })).toBe('seeded');
      expect(await has(environmentId)).toBe(false);
      expect(await seed(environmentId)).toBe('seeded');
      expect(await has(environmentId)).toBe(true);
    });
  });
});
