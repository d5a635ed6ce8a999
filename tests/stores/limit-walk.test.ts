import type { Limits, WindowName } from '@keyward/contract/limits';
import { windowAt } from '@keyward/decision/calendar';
import { subjectWindows } from '@keyward/decision/limits';
import { newId } from '@keyward/kit/random';
import { MemoryDecisionStore } from '@keyward/stores/memory/memory-decision-store';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { openProjectionStore } from '@keyward/stores/open-shards';
import type { DecideAnswer, DecideCommand, Decided, KeyUses } from '@keyward/stores/ports/decision-store';
import { RedisDecisionStore } from '@keyward/stores/redis/redis-decision-store';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { type Draw, pick, seeded } from './seeded.ts';
import { decideCommand, openShards, seedClient, urlFor } from './shards-under-test.ts';

const steps = 20_000;
const seed = Number(process.env.WALK_SEED ?? 20_261_231);

describeRedisBackends('limits over a long random history', (backend) => {
  it('are exact however many decide at the same time, and a refusal takes nothing', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using other = await openShards(url);
    const { environmentId, clientId } = await seedClient(shards.projection);
    const [one, two] = [newId(), newId()];
    const decide = (i: number, cost: number, clientLimits: Limits) =>
      (i % 2 === 0 ? shards : other).store.decide(
        decideCommand({ environmentId, clientId, keyFamilyId: i % 3 === 0 ? one : two, clientLimits, cost }),
      );
    const verdicts = await Promise.all(Array.from({ length: 300 }, (_, i) => decide(i, 1 + (i % 2), { month: 101 })));
    const admitted = verdicts.flatMap((answer, i) => ('exceeded' in answer ? [] : [1 + (i % 2)]));
    const used = admitted.reduce((sum, cost) => sum + cost, 0);
    // Never one over; and what is left is less than the dearest call that was refused.
    expect(used).toBeLessThanOrEqual(101);
    expect(used).toBeGreaterThanOrEqual(100);
    // A higher limit keeps what was used, a refused call used nothing, and cost 0 passes a full one.
    expect(await decide(0, 0, { month: 101 })).toMatchObject({
      verdict: 'ALLOWED',
      limits: [{ remaining: 101 - used }],
    });
    expect(await decide(0, 9, { month: 110 })).toMatchObject(
      used === 101
        ? { verdict: 'ALLOWED', limits: [{ remaining: 0 }] }
        : { verdict: 'ALLOWED', limits: [{ remaining: 1 }] },
    );
  });

  if (backend.name === 'memory') return;

  it('are the same in the script and in its memory twin, over every edge of the calendar', async () => {
    const walk = new LimitWalk(seeded(seed));
    const url = await backend.url();
    await using script = await RedisDecisionStore.open(await urlFor(url, 'validator'), { testClock: walk });
    await using projection = await openProjectionStore(await urlFor(url, 'admin-api'));
    const shards = new MemoryShards(walk);
    const twin = new MemoryDecisionStore(shards);
    await walk.seed([projection, new MemoryProjectionStore(shards)]);
    for (let step = 0; step < steps; step++) {
      const command = walk.next();
      const answer = await script.decide(command);
      expect(await twin.decide(command), `seed ${seed}, step ${step}`).toEqual(answer);
      walk.learn(command, answer);
    }
    const came = [...walk.outcomes].sort().map(([name, count]) => `${name} ${count}`);
    process.stdout.write(`limit walk on ${backend.name}, seed ${seed}, ${steps} steps: ${came.join(', ')}\n`);
    for (const name of expected) expect(walk.outcomes.get(name) ?? 0, name).toBeGreaterThanOrEqual(200);
  }, 60_000);
});

const expected = [
  ...subjectWindows.key.flatMap((window) => [`limited key ${window}`, `roll ${window}`]),
  ...subjectWindows.client.flatMap((window) => [`limited client ${window}`, `roll ${window}`]),
  'allowed',
  'stale',
  'replay',
  'retry',
  'limit change',
  'cost 0',
  'cost > 1',
  'limited for ever',
  'no use',
  'uses told',
  'uses told to a refusal',
];

/** Year ends, the end of ISO week 53, the ends of February in a leap year and in others. */
const edges = ['2026-12-31', '2027-01-03', '2028-02-28', '2028-02-29', '2027-02-28', '2026-11-29', '2100-02-28'].map(
  (day) => Date.parse(`${day}T23:59:58.000Z`),
);
const names: WindowName[] = ['second', 'minute', 'hour', 'day', 'week', 'month'];
/** Redis keeps an entry by its own clock for at least a minute; the walk reuses one for less than that by its own. */
const reusableMs = 50_000;

interface Holder {
  clientId: string;
  keyFamilyId: string | undefined;
  keyLimits: Limits;
  clientLimits: Limits;
}

/** Draws commands, and is the clock that they are decided by. */
class LimitWalk {
  readonly outcomes = new Map<string, number>();
  readonly #draw: Draw;
  readonly #environmentId = newId();
  readonly #holders: Holder[];
  #nowMs = edges[0] ?? 0;
  #earlier: DecideCommand[] = [];
  /** Of each family, counted here. */
  readonly #uses = new Map<string, KeyUses>();
  #lastAtMs = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
    const clients = Array.from({ length: 3 }, () => newId());
    this.#holders = clients.flatMap((clientId) =>
      [newId(), newId(), undefined].map((keyFamilyId) => ({ clientId, keyFamilyId, keyLimits: {}, clientLimits: {} })),
    );
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async seed(projections: readonly Awaited<ReturnType<typeof openProjectionStore>>[]): Promise<void> {
    for (const projection of projections) {
      await projection.completeRebuild(await projection.beginRebuild());
      await projection.putEnvironmentVersion(this.#environmentId, 5);
      for (const { clientId } of this.#holders) await projection.putClientVersion(clientId, 5);
    }
  }

  next(): DecideCommand {
    this.#moveTime();
    if (this.#chance() < 0.1) this.#changeLimits();
    const again = this.#earlier.filter(({ requestedAtMs }) => Math.abs(requestedAtMs - this.#nowMs) < reusableMs);
    const chance = this.#chance();
    if (chance < 0.03 && again.length > 0) return pick(this.#draw, again);
    if (chance < 0.06 && again.length > 0) return { ...pick(this.#draw, again), eventId: newId() };
    const behind = chance > 0.97 ? 4 : 5;
    return decideCommand({
      ...pick(this.#draw, this.#holders),
      environmentId: this.#environmentId,
      environmentVersion: this.#chance() < 0.5 ? behind : 5,
      clientVersion: behind,
      replayId: newId(),
      requestedAtMs: this.#nowMs,
      cost: this.#chance() < 0.1 ? 0 : this.#chance() < 0.75 ? 1 : 2 + this.#draw(4),
      isUse: this.#chance() < 0.8,
      tellsUses: this.#chance() < 0.5,
    });
  }

  learn(command: DecideCommand, answer: DecideAnswer): void {
    for (const name of this.#namesOf(command, answer)) this.#count(name);
  }

  #namesOf(command: DecideCommand, answer: DecideAnswer): string[] {
    if (this.#earlier.some(({ eventId }) => eventId === command.eventId)) return ['retry'];
    if (this.#earlier.some(({ replayId }) => replayId === command.replayId)) {
      expect(answer).toEqual({ kind: 'decided', verdict: 'REPLAYED' });
      return ['replay'];
    }
    if (answer.kind !== 'decided') return [answer.kind];
    this.#earlier = [...this.#earlier.slice(-20), command];
    const rolls = names.filter(
      (name) => windowAt(name, this.#nowMs).startMs !== windowAt(name, this.#lastAtMs).startMs,
    );
    this.#lastAtMs = this.#nowMs;
    return [
      ...rolls.map((name) => `roll ${name}`),
      ...costNames(command),
      ...verdictNames(answer),
      ...this.#useNames(command, answer),
    ];
  }

  /** Every admission that is a use is counted, at whatever cost, and nothing else. */
  #useNames({ keyFamilyId, isUse, tellsUses }: DecideCommand, { verdict, uses }: Decided): string[] {
    if (keyFamilyId === undefined) {
      expect(uses).toBeUndefined();
      return [];
    }
    const { count, lastAtMs = 0 } = this.#uses.get(keyFamilyId) ?? { count: 0 };
    const isUsed = isUse && verdict === 'ALLOWED';
    if (isUsed) this.#uses.set(keyFamilyId, { count: count + 1, lastAtMs: Math.max(lastAtMs, this.#nowMs) });
    expect(uses).toEqual(tellsUses ? (this.#uses.get(keyFamilyId) ?? { count: 0 }) : undefined);
    return [
      ...(isUse ? [] : ['no use']),
      ...(uses ? [verdict === 'ALLOWED' ? 'uses told' : 'uses told to a refusal'] : []),
    ];
  }

  #chance(): number {
    return this.#draw(1_000_000) / 1_000_000;
  }

  /** Mostly a little; often to just before, at or after the end of some window; at times far, and back. */
  #moveTime(): void {
    const chance = this.#chance();
    if (chance < 0.6) this.#nowMs += this.#draw(400);
    else if (chance < 0.97) this.#nowMs = windowAt(this.#someWindow(), this.#nowMs).endMs - 1 + this.#draw(3);
    else if (chance < 0.98) this.#nowMs -= this.#draw(7_200_000);
    else if (chance < 0.99) this.#nowMs = pick(this.#draw, edges) + this.#draw(3_000);
  }

  /** Long windows end seldom, or nothing would ever be refused by them. */
  #someWindow(): WindowName {
    const chance = this.#chance();
    if (chance < 0.45) return 'second';
    if (chance < 0.65) return 'minute';
    if (chance < 0.78) return 'hour';
    if (chance < 0.9) return 'day';
    return chance < 0.95 ? 'week' : 'month';
  }

  /** One or two windows of one holder get a small limit, a tiny one, or none; keys of a client share its limits. */
  #changeLimits(): void {
    this.#count('limit change');
    const holder = pick(this.#draw, this.#holders);
    holder.keyLimits = this.#someLimits(subjectWindows.key, 4);
    const clientLimits = this.#someLimits(subjectWindows.client, 8);
    for (const each of this.#holders) if (each.clientId === holder.clientId) each.clientLimits = clientLimits;
  }

  #someLimits(windows: readonly WindowName[], most: number): Limits {
    const limited = windows.filter(() => this.#chance() < 0.35);
    return Object.fromEntries(limited.map((window) => [window, this.#draw(most + 1)]));
  }

  #count(name: string): void {
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
  }
}

function costNames({ cost }: DecideCommand): string[] {
  if (cost === 0) return ['cost 0'];
  return cost > 1 ? ['cost > 1'] : [];
}

function verdictNames({ verdict, exceeded }: Decided): string[] {
  if (!exceeded) return ['allowed'];
  expect(verdict).toBe('RATE_LIMITED');
  const refused = `limited ${exceeded.subject} ${exceeded.window}`;
  return exceeded.retryAfterSeconds === undefined ? [refused, 'limited for ever'] : [refused];
}
