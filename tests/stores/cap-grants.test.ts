import { totalsFromSpent } from '@keyward/decision/totals-from-spent';
import { newId } from '@keyward/kit/random';
import type { DecideAnswer, DecideCommand } from '@keyward/stores/ports/decision-store';
import { connectRedis, type RedisConnection, untilConnected } from '@keyward/stores/redis/connection';
import { DecisionScripts } from '@keyward/stores/redis/decision-scripts';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decideCommand, openShards, type ShardsUnderTest } from './shards-under-test.ts';

const isAllowed = (answer: DecideAnswer) => answer.kind === 'decided' && answer.verdict === 'ALLOWED';

describeRedisBackends('a grant of the environment’s cap', (backend) => {
  let shards: ShardsUnderTest;
  let environmentId: string;
  let url: string;

  beforeEach(async () => {
    url = await backend.url();
    shards = await openShards(url);
    environmentId = newId();
    const { projection } = shards;
    await projection.completeRebuild(await projection.beginRebuild());
    await projection.putEnvironmentVersion(environmentId, 1);
    const totals = totalsFromSpent('environment', {}, 0);
    const hour = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
    const seed = { environmentId, version: 1, generation: newId(), totals, hour };
    expect(await projection.seedEnvironmentTotals(seed)).toBe('seeded');
  });
  afterEach(() => shards[Symbol.asyncDispose]());

  async function newClient(): Promise<string> {
    const clientId = newId();
    await shards.projection.putClientVersion(clientId, 1);
    return clientId;
  }

  /** How many of these calls, one after the other, are allowed. */
  async function allowedOf(calls: number, command: Partial<DecideCommand>): Promise<number> {
    const clientId = await newClient();
    let allowed = 0;
    for (let i = 0; i < calls; i += 1) {
      const answer = await shards.store.decide(decideCommand({ environmentId, clientId, ...command }));
      if (isAllowed(answer)) allowed += 1;
    }
    return allowed;
  }

  it('goes back when another limit refuses, so that a refusal takes nothing of the cap', async () => {
    const [clientId, keyFamilyId] = [await newClient(), newId()];
    const limits = { clientLimits: { month: 1 }, environmentLimits: { month: 100 } };
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        shards.store.decide(decideCommand({ environmentId, clientId, keyFamilyId, ...limits })),
      ),
    );
    expect(answers.filter(isAllowed)).toHaveLength(1);
    expect(await allowedOf(110, { environmentLimits: { month: 100 } })).toBe(99);
  });

  if (backend.name === 'memory') return;

  it('goes back when the decision turns out to be by old settings', async () => {
    await withScripts(url, {}, async (scripts) => {
      const clientId = await newClient();
      for (let version = 1; version <= 30; version += 1) {
        const command = decideCommand({
          ...{ environmentId, clientId, environmentVersion: version },
          environmentLimits: { month: 100 },
        });
        const cap = await ask(scripts, command);
        await shards.projection.putEnvironmentVersion(environmentId, version + 1);
        expect(await scripts.decide(command, { cap, deadlineMs: undefined })).toMatchObject({ kind: 'stale' });
      }
      expect(await allowedOf(110, { environmentVersion: 31, environmentLimits: { month: 100 } })).toBe(100);
    });
  });

  it('is not spent in the hour after it', async () => {
    let nowMs = Date.parse('2027-03-01T10:59:59.999Z');
    const testClock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    await withScripts(url, { testClock }, async (scripts) => {
      const commands = await Promise.all(
        Array.from({ length: 5 }, async () =>
          decideCommand({
            ...{ environmentId, clientId: await newClient() },
            ...{ environmentLimits: { hour: 5 }, requestedAtMs: nowMs },
          }),
        ),
      );
      const granted: string[] = [];
      for (const command of commands) granted.push(await ask(scripts, command));
      expect(granted.every((cap) => cap.startsWith('granted|1|'))).toBe(true);
      nowMs += 1;
      for (const [i, command] of commands.entries()) {
        const answer = await scripts.decide(command, { cap: granted[i] ?? '', deadlineMs: undefined });
        expect(answer).toMatchObject({ kind: 'grant', unspent: { left: 1 } });
      }
    });
  });
});

async function withScripts(
  url: string,
  options: ConstructorParameters<typeof DecisionScripts>[2],
  work: (scripts: DecisionScripts) => Promise<void>,
): Promise<void> {
  const redis: RedisConnection = connectRedis(url);
  try {
    await untilConnected(redis, 5_000);
    await work(new DecisionScripts(redis, url, options));
  } finally {
    redis.disconnect();
  }
}

async function ask(scripts: DecisionScripts, command: DecideCommand): Promise<string> {
  const question = await scripts.decide(command, { cap: 'ask', deadlineMs: undefined });
  if (question.kind !== 'grant') throw new Error(`the shard did not ask for a grant: ${question.kind}`);
  const granted = await scripts.ask(command, question.unspent);
  if (typeof granted !== 'string') throw new Error(`nothing was granted: ${granted.kind}`);
  return granted;
}
