import type { Limits, WindowName } from '@keyward/contract/limits';
import { windowAt } from '@keyward/decision/calendar';
import { subjectWindows } from '@keyward/decision/limits';
import { totalsFromSpent } from '@keyward/decision/totals-from-spent';
import { newId } from '@keyward/kit/random';
import { MemoryDecisionStore } from '@keyward/stores/memory/memory-decision-store';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { openProjectionStore } from '@keyward/stores/open-shards';
import type { DecideAnswer, DecideCommand } from '@keyward/stores/ports/decision-store';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { RedisDecisionStore } from '@keyward/stores/redis/redis-decision-store';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { type Draw, pick, seeded } from './seeded.ts';
import { decideCommand, openShards, urlFor } from './shards-under-test.ts';

const steps = 12_000;
const seed = Number(process.env.WALK_SEED ?? 20_271_231);
const windows = subjectWindows.environment;

async function markComplete(projection: ProjectionStore): Promise<void> {
  expect(await projection.completeRebuild(await projection.beginRebuild())).toBe(true);
}

/** Nothing was used of the environment's cap. */
async function seedNothingUsed(
  projection: ProjectionStore,
  seed: { environmentId: string; version: number; generation: string },
): Promise<void> {
  const totals = totalsFromSpent('environment', {}, 0);
  const hour = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
  expect(await projection.seedEnvironmentTotals({ ...seed, totals, hour })).toBe('seeded');
}

describeRedisBackends('the cap of an environment', (backend) => {
  it('is never passed by many shards at the same time, and reached but for a hundredth', async () => {
    const url = await backend.url();
    await using one = await openShards(url);
    await using two = await openShards(url);
    const environmentId = newId();
    const cap = 20_000;
    const clients = Array.from({ length: 300 }, () => newId());
    await markComplete(one.projection);
    await one.projection.putEnvironmentVersion(environmentId, 1);
    await seedNothingUsed(one.projection, { environmentId, version: 1, generation: newId() });
    await Promise.all(clients.map((clientId) => one.projection.putClientVersion(clientId, 1)));

    let admitted = 0;
    for (let round = 0; round < 35; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 600 }, (_, i) =>
          (i % 2 === 0 ? one : two).store.decide(
            decideCommand({
              environmentId,
              clientId: clients[(i * 7 + round) % clients.length] ?? '',
              environmentLimits: { month: cap },
            }),
          ),
        ),
      );
      admitted += answers.filter((answer) => answer.kind === 'decided' && answer.verdict === 'ALLOWED').length;
    }
    process.stdout.write(`cap of ${cap} on ${backend.name}: 21000 calls, ${admitted} admitted\n`);
    expect(admitted).toBeLessThanOrEqual(cap);
    expect(admitted).toBeGreaterThanOrEqual(cap * 0.99);
  });

  if (backend.name === 'memory') return;

  it('is kept alike by the scripts and their twin, over every edge of the calendar', async () => {
    const walk = new CapWalk(seeded(seed));
    const url = await backend.url();
    await using script = await RedisDecisionStore.open(await urlFor(url, 'validator'), { testClock: walk });
    await using projection = await openProjectionStore(await urlFor(url, 'admin-api'));
    const shards = new MemoryShards(walk);
    const twin = new MemoryDecisionStore(shards);
    const projections = [projection, new MemoryProjectionStore(shards)];
    await walk.begin(projections);
    for (let step = 0; step < steps; step++) {
      await walk.change(projections);
      const command = walk.next();
      const answer = await script.decide(command);
      expect(await twin.decide(command), `seed ${seed}, step ${step}`).toEqual(answer);
      walk.learn(command, answer);
    }
    const came = [...walk.outcomes].sort().map(([name, count]) => `${name} ${count}`);
    process.stdout.write(`cap walk on ${backend.name}, seed ${seed}, ${steps} steps: ${came.join(', ')}\n`);
    for (const name of expected) expect(walk.outcomes.get(name) ?? 0, name).toBeGreaterThanOrEqual(200);
  });
});

const expected = [
  ...windows.map((window) => `refused ${window}`),
  'allowed',
  'cost 0',
  'cost > 1',
  'cap change',
  'stale',
];

/** Draws commands of one environment with a cap that changes, counts what was admitted, and is the clock of it all. */
class CapWalk {
  readonly outcomes = new Map<string, number>();
  readonly #draw: Draw;
  readonly #environmentId = newId();
  readonly #clients = Array.from({ length: 12 }, () => newId());
  readonly #used = new Map<WindowName, { startMs: number; cost: number }>();
  #version = 5;
  #cap: Limits = { hour: 10_000 };
  #nowMs = Date.parse('2027-12-31T23:59:00.000Z');

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async begin(projections: readonly ProjectionStore[]): Promise<void> {
    const seed = { environmentId: this.#environmentId, version: 5, generation: newId() };
    for (const projection of projections) {
      await markComplete(projection);
      await projection.putEnvironmentVersion(this.#environmentId, this.#version);
      await seedNothingUsed(projection, seed);
      for (const clientId of this.#clients) await projection.putClientVersion(clientId, 5);
    }
  }

  /** At times the cap changes, and with it the environment's version. */
  async change(projections: readonly ProjectionStore[]): Promise<void> {
    if (this.#draw(30) > 0) return;
    this.#version += 1;
    this.#cap = this.#someCap();
    this.#count('cap change');
    for (const projection of projections) await projection.putEnvironmentVersion(this.#environmentId, this.#version);
  }

  next(): DecideCommand {
    this.#moveTime();
    const kind = this.#draw(100);
    return decideCommand({
      environmentId: this.#environmentId,
      clientId: pick(this.#draw, this.#clients),
      environmentVersion: this.#version - (kind < 4 ? 1 : 0),
      clientVersion: 5,
      requestedAtMs: this.#nowMs,
      environmentLimits: this.#cap,
      cost: kind > 94 ? 0 : kind > 74 ? 2 + this.#draw(6) : 1,
    });
  }

  /** The cap is never passed, and never said to be used up while more than a hundredth of it is left. */
  learn(command: DecideCommand, answer: DecideAnswer): void {
    if (answer.kind !== 'decided') {
      this.#count(answer.kind);
      return;
    }
    if (command.cost === 0) this.#count('cost 0');
    if (command.cost > 1) this.#count('cost > 1');
    const standing = windows.flatMap((name) => {
      const cap = this.#cap[name];
      return cap === undefined ? [] : [{ name, cap, left: cap - this.#usedIn(name) }];
    });
    if (!answer.exceeded) {
      this.#count('allowed');
      if (command.cost > 0)
        for (const { name, left } of standing) expect(left, name).toBeGreaterThanOrEqual(command.cost);
      for (const name of windows) this.#use(name, command.cost);
      return;
    }
    this.#count(`refused ${answer.exceeded.window}`);
    const earliest = Math.min(...standing.map(({ cap, left }) => left - cap / 100));
    expect(earliest).toBeLessThan(command.cost);
  }

  #usedIn(name: WindowName): number {
    const used = this.#used.get(name);
    return used?.startMs === windowAt(name, this.#nowMs).startMs ? used.cost : 0;
  }

  #use(name: WindowName, cost: number): void {
    this.#used.set(name, { startMs: windowAt(name, this.#nowMs).startMs, cost: this.#usedIn(name) + cost });
  }

  #moveTime(): void {
    const kind = this.#draw(1_000);
    if (kind < 970) this.#nowMs += this.#draw(200);
    else this.#nowMs = windowAt(this.#someWindow(), this.#nowMs).endMs - 1 + this.#draw(3);
  }

  #someWindow(): WindowName {
    const kind = this.#draw(100);
    return kind < 60 ? 'hour' : kind < 85 ? 'day' : kind < 95 ? 'week' : 'month';
  }

  /** One or two windows, capped around what they hold by now, or far above. */
  #someCap(): Limits {
    const names = windows.filter(() => this.#draw(3) === 0);
    const cap = (name: WindowName) =>
      this.#draw(3) === 0 ? 20_000 + this.#draw(80_000) : this.#usedIn(name) + this.#draw(30);
    return Object.fromEntries((names.length > 0 ? names : ['hour' as const]).map((name) => [name, cap(name)]));
  }

  #count(name: string): void {
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
  }
}
