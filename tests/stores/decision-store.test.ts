import { decisionIn } from '@keyward/contract/pipeline-event';
import type { Verdict } from '@keyward/contract/verdict';
import { newId } from '@keyward/kit/random';
import { MemoryDecisionStore } from '@keyward/stores/memory/memory-decision-store';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards, memoryShards } from '@keyward/stores/memory/memory-shards';
import type { DecideAnswer } from '@keyward/stores/ports/decision-store';
import { connectRedis, untilConnected } from '@keyward/stores/redis/connection';
import { clientFields, redisKeys } from '@keyward/stores/redis/keys';
import { shardOf } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { describe, expect, it } from 'vitest';
import { seeded, shuffled } from './seeded.ts';
import {
  decideCommand,
  environmentRecord,
  keyRecord,
  openShards,
  outboxEntries,
  seedClient,
  serverKeyRecord,
  toleranceMs,
} from './shards-under-test.ts';

const allowed = { kind: 'decided', verdict: 'ALLOWED' };
const replayed = { kind: 'decided', verdict: 'REPLAYED' };

describeRedisBackends('projection', (backend) => {
  it('gives back what was written', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection } = shards;
    const key = keyRecord({ expiresAtMs: 4_102_444_800_000, notBeforeMs: 0 });
    const environment = environmentRecord({ projectEnv: 'läden|"1"' });
    const serverKey = serverKeyRecord({ environmentId: environment.environmentId });
    await projection.putKeys(environment.environmentId, [{ digest: 'customer', record: key }]);
    await projection.putServerKeys([{ digest: 'server', record: serverKey }]);
    await projection.putEnvironment(environment);
    await projection.putEnvironmentVersion(environment.environmentId, 7);
    await projection.completeRebuild(await projection.beginRebuild());
    expect(await store.readKey(environment.environmentId, 'customer')).toEqual({ environmentVersion: 7, record: key });
    expect(await store.readServerKey('server')).toEqual({ complete: true, record: serverKey });
    expect(await store.readEnvironment(environment.environmentId)).toEqual(environment);
    expect(await store.readEnvironmentVersion(environment.environmentId)).toBe(7);
    expect(await projection.isComplete()).toBe(true);
    expect([await store.ready(), await projection.ready()]).toEqual([true, true]);
  });

  it('keeps the highest version, however its writers interleave', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection } = shards;
    await projection.completeRebuild(await projection.beginRebuild());
    const draw = seeded(11);
    for (let round = 0; round < 10; round++) {
      const environmentId = newId();
      // Each version twice, with different contents: what came first must stay.
      const versions = shuffled(
        draw,
        Array.from({ length: 12 }, (_, i) => 1 + (i % 6)),
      );
      const firstOfHighest = versions.indexOf(6);
      const writes = versions.flatMap((version, i) => [
        () => projection.putKeys(environmentId, [{ digest: 'k', record: keyRecord({ version, keyId: `${i}` }) }]),
        () =>
          projection.putServerKeys([
            { digest: `s${round}`, record: serverKeyRecord({ version, serverKeyId: `${i}`, environmentId }) },
          ]),
        () => projection.putEnvironment(environmentRecord({ version, environmentId, projectEnv: `${i}` })),
        () => projection.putEnvironmentVersion(environmentId, version),
      ]);
      await Promise.all(writes.map((write) => write()));
      const { record: key, environmentVersion } = await store.readKey(environmentId, 'k');
      expect(key).toMatchObject({ version: 6, keyId: `${firstOfHighest}` });
      expect(environmentVersion).toBe(6);
      expect((await store.readServerKey(`s${round}`)).record).toMatchObject({ serverKeyId: `${firstOfHighest}` });
      expect(await store.readEnvironment(environmentId)).toMatchObject({ projectEnv: `${firstOfHighest}` });
      expect(await store.readEnvironmentVersion(environmentId)).toBe(6);
    }
  });

  it('keeps the highest version among writers on connections of their own', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using other = await openShards(url);
    const { environmentId, clientId } = await seedClient(shards.projection);
    const versions = shuffled(
      seeded(12),
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    await Promise.all(
      versions.flatMap((version, i) => {
        const { projection } = i % 2 === 0 ? shards : other;
        const record = keyRecord({ version, keyId: `${version}` });
        return [
          projection.putKeys(environmentId, [{ digest: 'k', record }]),
          projection.putClientVersion(clientId, version),
          projection.putEnvironmentVersion(environmentId, version),
        ];
      }),
    );
    expect((await shards.store.readKey(environmentId, 'k')).record?.keyId).toBe('60');
    const behind = { environmentId, clientId, clientVersion: 59, environmentVersion: 59 };
    expect(await shards.store.decide(decideCommand(behind))).toEqual({
      kind: 'stale',
      subject: 'environment',
      version: 60,
    });
    expect(await shards.store.decide(decideCommand({ ...behind, environmentVersion: 60 }))).toEqual({
      kind: 'stale',
      subject: 'client',
      version: 60,
    });
  });

  it('never lowers a version or overwrites a record with an older or equal one', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection } = shards;
    const environmentId = newId();
    const current = keyRecord({ version: 1_700_000_000_001, status: 'revoked' });
    await projection.putKeys(environmentId, [{ digest: 'k', record: current }]);
    for (const version of [0, 1, 999_999_999_999, 1_700_000_000_000, 1_700_000_000_001]) {
      await projection.putKeys(environmentId, [{ digest: 'k', record: keyRecord({ version }) }]);
    }
    expect((await store.readKey(environmentId, 'k')).record).toEqual(current);
    await projection.putEnvironmentVersion(environmentId, 10);
    await projection.putEnvironmentVersion(environmentId, 9);
    expect(await store.readEnvironmentVersion(environmentId)).toBe(10);
  });

  it('tells a shard that lost everything from a key that nobody knows', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection } = shards;
    const environmentId = newId();
    const record = keyRecord();
    expect(await store.readKey(environmentId, 'k')).toEqual({ environmentVersion: undefined, record: undefined });
    expect(await store.readServerKey('s')).toEqual({ complete: false, record: undefined });
    expect(await projection.isComplete()).toBe(false);
    await projection.putKeys(environmentId, [{ digest: 'k', record }]);
    expect(await store.readKey(environmentId, 'k')).toEqual({ environmentVersion: undefined, record });
    await projection.putEnvironmentVersion(environmentId, 1);
    // A version alone may come from a change that was made while the shard was being written anew.
    expect(await store.readKey(environmentId, 'other')).toEqual({ environmentVersion: undefined, record: undefined });
    await projection.completeRebuild(await projection.beginRebuild());
    expect(await store.readKey(environmentId, 'other')).toEqual({ environmentVersion: 1, record: undefined });
    expect(await store.readServerKey('s')).toEqual({ complete: true, record: undefined });
    expect(await projection.isComplete()).toBe(true);
  });

  it('keeps the same digest of two environments apart', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection } = shards;
    await projection.completeRebuild(await projection.beginRebuild());
    const [one, two, three] = [newId(), newId(), newId()];
    const first = keyRecord({ version: 5 });
    const second = keyRecord({ version: 3, status: 'revoked' });
    await projection.putKeys(one, [{ digest: 'k', record: first }]);
    await projection.putKeys(two, [{ digest: 'k', record: second }]);
    for (const [i, environmentId] of [one, two, three].entries())
      await projection.putEnvironmentVersion(environmentId, i + 1);
    expect(await store.readKey(one, 'k')).toEqual({ environmentVersion: 1, record: first });
    expect(await store.readKey(two, 'k')).toEqual({ environmentVersion: 2, record: second });
    expect(await store.readKey(three, 'k')).toEqual({ environmentVersion: 3, record: undefined });
  });
});

describeRedisBackends('decide', (backend) => {
  it('makes one event of an allowed request, with its fields, the verdict and the time of the store', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection, outbox } = shards;
    const client = await seedClient(projection);
    const command = decideCommand(client);
    const before = Date.now();
    expect(await store.decide(command)).toEqual(allowed);
    const [entry, ...others] = await outboxEntries(outbox);
    expect(others).toEqual([]);
    expect(entry?.shard).toBe(shardOf(client.clientId));
    const event = entry && decisionIn(entry.event);
    expect(event).toEqual({ ...JSON.parse(command.event), verdict: 'ALLOWED', decidedAtMs: expect.any(Number) });
    expect(event?.decidedAtMs).toBeGreaterThanOrEqual(before);
    expect(event?.decidedAtMs).toBeLessThanOrEqual(Date.now());
  });

  it('answers its own event id as before and counts it once, also when the versions have moved on', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection, outbox } = shards;
    for (const replayId of [undefined, 'envelope']) {
      const client = await seedClient(projection);
      const command = decideCommand({ ...client, replayId });
      expect(await store.decide(command)).toEqual(allowed);
      expect(await store.decide({ ...command, verdict: 'REVOKED' })).toEqual(allowed);
      await projection.putClientVersion(client.clientId, 2);
      await projection.putEnvironmentVersion(client.environmentId, 2);
      expect(await store.decide(command)).toEqual(allowed);
      expect(await store.decide({ ...command, verdict: 'REVOKED', requestedAtMs: 0 })).toEqual(allowed);
    }
    expect(await outboxEntries(outbox)).toHaveLength(2);
  });

  it('refuses an envelope that comes again under another event id, and counts each such request once', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection, outbox } = shards;
    const client = await seedClient(projection);
    const first = decideCommand({ ...client, replayId: 'envelope' });
    const again = decideCommand({ ...client, replayId: 'envelope' });
    expect(await store.decide(first)).toEqual(allowed);
    expect(await store.decide(again)).toEqual(replayed);
    expect(await store.decide(again)).toEqual(replayed);
    expect(await store.decide({ ...again, clientVersion: 0 })).toEqual(replayed);
    expect(await store.decide(first)).toEqual(allowed);
    const events = (await outboxEntries(outbox)).map(({ event }) => [decisionIn(event).id, decisionIn(event).verdict]);
    expect(events).toEqual([
      [first.eventId, 'ALLOWED'],
      [again.eventId, 'REPLAYED'],
    ]);
  });

  it('allows exactly one of 200 concurrent requests with one envelope', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using other = await openShards(url);
    const client = await seedClient(shards.projection);
    const commands = Array.from({ length: 200 }, () => decideCommand({ ...client, replayId: 'envelope' }));
    const answers = await Promise.all(
      commands.map((command, i) => (i % 2 === 0 ? shards : other).store.decide(command)),
    );
    const count = (verdict: Verdict) => answers.filter((a) => a.kind === 'decided' && a.verdict === verdict).length;
    expect([count('ALLOWED'), count('REPLAYED')]).toEqual([1, 199]);
    const events = (await outboxEntries(shards.outbox)).map(({ event }) => decisionIn(event));
    expect(new Set(events.map((event) => event.id)).size).toBe(200);
    expect(events).toHaveLength(200);
    expect(events.filter((event) => event.verdict === 'ALLOWED')).toHaveLength(1);
  });

  it('counts one event when 50 retries of one request come at once', async () => {
    await using shards = await openShards(await backend.url());
    const client = await seedClient(shards.projection);
    const command = decideCommand(client);
    const answers = await Promise.all(Array.from({ length: 50 }, () => shards.store.decide(command)));
    expect(answers).toEqual(Array.from({ length: 50 }, () => allowed));
    expect(await outboxEntries(shards.outbox)).toHaveLength(1);
  });

  it('refuses older records as stale, says the current version and writes nothing', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection, outbox } = shards;
    const { environmentId, clientId } = await seedClient(projection);
    await projection.putClientVersion(clientId, 1_700_000_000_123);
    await projection.putEnvironmentVersion(environmentId, 1_700_000_000_456);
    const command = decideCommand({
      environmentId,
      clientId,
      clientVersion: 1_700_000_000_123,
      environmentVersion: 1_700_000_000_456,
    });
    expect(await store.decide({ ...command, clientVersion: 1_700_000_000_122 })).toEqual({
      kind: 'stale',
      subject: 'client',
      version: 1_700_000_000_123,
    });
    expect(await store.decide({ ...command, environmentVersion: 1_700_000_000_455 })).toEqual({
      kind: 'stale',
      subject: 'environment',
      version: 1_700_000_000_456,
    });
    expect(await store.decide({ ...command, clientVersion: 5, verdict: 'REVOKED' })).toMatchObject({ kind: 'stale' });
    expect(await outboxEntries(outbox)).toEqual([]);
    // No entry was left either: the same event id is decided afresh.
    expect(await store.decide({ ...command, verdict: 'DISABLED' })).toEqual({ kind: 'decided', verdict: 'DISABLED' });
  });

  it('takes records that are newer than the versions it holds', async () => {
    await using shards = await openShards(await backend.url());
    const client = await seedClient(shards.projection);
    const ahead = decideCommand({ ...client, clientVersion: 9, environmentVersion: 9 });
    expect(await shards.store.decide(ahead)).toEqual(allowed);
    // And did not take them over.
    expect(await shards.store.decide(decideCommand(client))).toEqual(allowed);
  });

  it('says incomplete, and writes nothing, while a version is missing', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection, outbox } = shards;
    const [environmentId, clientId] = [newId(), newId()];
    const command = decideCommand({ environmentId, clientId });
    expect(await store.decide(command)).toEqual({ kind: 'incomplete' });
    await projection.putEnvironmentVersion(environmentId, 1);
    expect(await store.decide(command)).toEqual({ kind: 'incomplete' });
    expect(await store.decide({ ...command, environmentId: newId() })).toEqual({ kind: 'incomplete' });
    await projection.putClientVersion(clientId, 1);
    expect(await store.decide({ ...command, environmentId: newId() })).toEqual({ kind: 'incomplete' });
    expect(await outboxEntries(outbox)).toEqual([]);
    expect(await store.decide(command)).toEqual(allowed);
  });

  it('refuses a timestamp beyond 300 s, past or future, only where the rules allowed', async () => {
    await using shards = await openShards(await backend.url());
    const client = await seedClient(shards.projection);
    const verdictOf = async (offsetMs: number, verdict: Verdict): Promise<DecideAnswer> =>
      shards.store.decide(decideCommand({ ...client, verdict, requestedAtMs: Date.now() + offsetMs }));
    for (const offsetMs of [-310_000, 310_000, -1e12, 1e12, -1e300, 1e300]) {
      expect(await verdictOf(offsetMs, 'ALLOWED')).toEqual({ kind: 'decided', verdict: 'STALE_REQUEST' });
      expect(await verdictOf(offsetMs, 'EXPIRED')).toEqual({ kind: 'decided', verdict: 'EXPIRED' });
    }
    for (const offsetMs of [-290_000, -0.25, 0, 290_000]) expect(await verdictOf(offsetMs, 'ALLOWED')).toEqual(allowed);
  });

  it('makes an event of every refusal', async () => {
    await using shards = await openShards(await backend.url());
    const client = await seedClient(shards.projection);
    const refusals: Verdict[] = ['INVALID_KEY', 'EXPIRED', 'REVOKED', 'DISABLED', 'CLIENT_DISABLED'];
    for (const verdict of refusals) {
      expect(await shards.store.decide(decideCommand({ ...client, verdict }))).toEqual({ kind: 'decided', verdict });
    }
    await shards.store.decide(decideCommand({ ...client, requestedAtMs: 0 }));
    const made = (await outboxEntries(shards.outbox)).map(({ event }) => decisionIn(event).verdict);
    expect(made).toEqual([...refusals, 'STALE_REQUEST']);
  });

  it('remembers an envelope until its timestamp has gone stale, any other request for a minute', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    const client = await seedClient(shards.projection);
    const life = await lifeOfEntries(url);
    // [the timestamp's offset from now, the least life it must have]
    const table: [number, number][] = [
      [0, 304_000],
      [290_000, 594_000],
      [-290_000, 59_000],
      [-1e12, 59_000],
      [1e12, 604_000],
    ];
    for (const [offsetMs, atLeastMs] of table) {
      const command = decideCommand({ ...client, replayId: newId(), requestedAtMs: Date.now() + offsetMs });
      await shards.store.decide(command);
      const leftMs = await life.leftMs(client.clientId, command.replayId ?? '');
      expect(leftMs, `${offsetMs}`).toBeGreaterThan(atLeastMs);
      expect(leftMs, `${offsetMs}`).toBeLessThanOrEqual(atLeastMs + 1_000);
    }
    life.close();
  });
});

describeRedisBackends('decide about a key without a family', (backend) => {
  it('goes by the limits of its client, and keeps totals of the client alone, and no uses', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    const { environmentId, clientId } = await seedClient(shards.projection);
    const decide = () =>
      shards.store.decide(
        decideCommand({ environmentId, clientId, keyFamilyId: undefined, clientLimits: { month: 2 } }),
      );
    expect(await decide()).toMatchObject({ ...allowed, limits: [{ subject: 'client', remaining: 1 }] });
    expect(await decide()).toMatchObject({ ...allowed, limits: [{ subject: 'client', remaining: 0 }] });
    expect(await decide()).toMatchObject({ kind: 'decided', verdict: 'RATE_LIMITED', exceeded: { subject: 'client' } });
    await using held = await totalsOn(url);
    expect(await held.namesOf(clientId)).toEqual(['client']);
    await shards.store.decide(decideCommand({ environmentId, clientId, keyFamilyId: 'family' }));
    expect(await held.namesOf(clientId)).toEqual(['client', 'key family', 'uses family']);
  });
});

describe('decide by a clock of the test', () => {
  function stage() {
    let nowMs = 1_800_000_000_000;
    const shards = new MemoryShards({ nowMs: () => nowMs, monotonicMs: () => nowMs });
    return {
      store: new MemoryDecisionStore(shards),
      projection: new MemoryProjectionStore(shards),
      now: () => nowMs,
      pass: (ms: number) => {
        nowMs += ms;
      },
    };
  }

  it('takes 300 s to the millisecond', async () => {
    const { store, projection, now } = stage();
    const client = await seedClient(projection);
    const verdictOf = (offsetMs: number) => store.decide(decideCommand({ ...client, requestedAtMs: now() + offsetMs }));
    for (const offsetMs of [-toleranceMs, toleranceMs]) expect(await verdictOf(offsetMs)).toEqual(allowed);
    for (const offsetMs of [-toleranceMs - 1, toleranceMs + 1])
      expect(await verdictOf(offsetMs)).toEqual({ kind: 'decided', verdict: 'STALE_REQUEST' });
  });

  it('never lets an envelope pass again, at whatever time it comes back', async () => {
    for (const offsetMs of [-toleranceMs, -1, 0, 1, toleranceMs]) {
      for (const laterMs of [0, 59_999, 60_000, 300_000, 304_999, 305_000, 599_999, 600_000, 605_000, 700_000]) {
        const { store, projection, now, pass } = stage();
        const client = await seedClient(projection);
        const sent = { ...client, replayId: 'envelope', requestedAtMs: now() + offsetMs };
        expect(await store.decide(decideCommand(sent))).toEqual(allowed);
        pass(laterMs);
        const again = await store.decide(decideCommand(sent));
        expect(again, `${offsetMs} ${laterMs}`).toMatchObject({ verdict: expect.stringMatching(/REPLAYED|STALE/) });
      }
    }
  });
});

/** How long an entry is kept yet, asked of the store itself. */
async function lifeOfEntries(url: string) {
  if (url.startsWith('memory:')) {
    const { memoryShards } = await import('@keyward/stores/memory/memory-shards');
    const { instance } = await memoryShards.acquire(url);
    const entry = (clientId: string, id: string) => instance.entry(clientId, id);
    return {
      leftMs: async (clientId: string, id: string) => (entry(clientId, id)?.expiresAtMs ?? 0) - instance.clock.nowMs(),
      close: () => undefined,
    };
  }
  const redis = connectRedis(url);
  await untilConnected(redis, 5_000);
  return {
    leftMs: (clientId: string, id: string) => redis.pttl(redisKeys.entry(clientId, id)),
    close: () => redis.disconnect(),
  };
}

/** Whose totals are kept in a store, which is told nowhere but there. */
async function totalsOn(url: string): Promise<AsyncDisposable & { namesOf(clientId: string): Promise<string[]> }> {
  if (url.startsWith('memory:')) {
    const { instance, ...shared } = await memoryShards.acquire(url);
    const namesOf = async (clientId: string) => [
      ...(instance.clientTotals.has(clientId) ? ['client'] : []),
      ...[...instance.keyTotals.keys()].map((family) => `key ${family}`),
      ...[...instance.keyUses.keys()].map((family) => `uses ${family}`),
    ];
    return { ...shared, namesOf };
  }
  const redis = connectRedis(url);
  await untilConnected(redis, 5_000);
  const nameOf = (field: string) =>
    field === clientFields.totals ? 'client' : field.replace('f:', 'key ').replace('n:', 'uses ');
  return {
    namesOf: async (clientId) =>
      (await redis.hkeys(redisKeys.client(clientId)))
        .filter((field) => field !== 'v')
        .map(nameOf)
        .sort(),
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}
