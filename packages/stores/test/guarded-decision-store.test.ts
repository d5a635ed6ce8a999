import { Secret } from '@keyward/contract/secret';
import type { Clock } from '@keyward/kit/clock';
import { createLogger } from '@keyward/kit/logger';
import Type from 'typebox';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GuardedDecisionStore } from '../src/guarded-decision-store.ts';
import type { DecideCommand, DecisionStore } from '../src/ports/decision-store.ts';
import { shardOf } from '../src/shards.ts';
import { StoreAway } from '../src/store-away.ts';

const timeoutMs = 50;

/** All but setImmediate, which is left to the event loop. */
const clocks = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] as const;
beforeEach(() => void vi.useFakeTimers({ toFake: [...clocks] }));
afterEach(() => void vi.useRealTimers());

/** A store whose shards the test lets answer, hang or fail. */
class Twin {
  /** Questions that no answer was given to, by shard. */
  readonly hanging: { shard: number; answer(): void }[] = [];
  readonly asked: number[] = [];
  readonly hangs = new Set<number>();
  readonly failure = new Map<number, Error>();
  complete = true;
  /** The shard that is asked for an environment's cap. */
  capAt = 0;
  /** How long a shard that hangs takes to answer after all. */
  lateMs = Number.POSITIVE_INFINITY;
  readonly lines: { level: string; msg: string; shards: number[] }[] = [];
  readonly guarded: GuardedDecisionStore;

  constructor(clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }) {
    const ask = <T>(shard: number, value: () => T): Promise<T> => {
      this.asked.push(shard);
      const error = this.failure.get(shard);
      if (error) return Promise.reject(error);
      if (!this.hangs.has(shard)) return Promise.resolve(value());
      const { promise, resolve } = Promise.withResolvers<T>();
      this.hanging.push({ shard, answer: () => resolve(value()) });
      if (this.lateMs < Number.POSITIVE_INFINITY) setTimeout(() => resolve(value()), this.lateMs);
      return promise;
    };
    const store: DecisionStore = {
      readServerKey: (digest) => ask(shardOf(digest), () => ({ complete: this.complete, record: undefined })),
      readEnvironment: (id) => ask(shardOf(id), () => undefined),
      readEnvironmentVersion: (id) => ask(shardOf(id), () => 1),
      readKey: (_, digest) => ask(shardOf(digest), () => ({ environmentVersion: 1, record: undefined })),
      readClient: (_, clientId) => ask(shardOf(clientId), () => ({ environmentVersion: 1, record: undefined })),
      readTenant: (_, digest) => ask(shardOf(digest), () => ({ environmentVersion: 1, record: undefined })),
      refuseUnknown: ({ digest }) => ask(shardOf(digest), () => ({ kind: 'counted' })),
      countRefusals: ({ environmentId }) => ask(shardOf(environmentId), () => undefined),
      admitClient: ({ environmentId }) => ask(shardOf(environmentId), () => ({ kind: 'admitted' })),
      decide: ({ clientId, environmentLimits }) =>
        ask(environmentLimits.day ? this.capAt : shardOf(clientId), () =>
          this.complete ? ({ kind: 'decided', verdict: 'ALLOWED' } as const) : ({ kind: 'incomplete' } as const),
        ),
      probe: (shard) => ask(shard, () => this.complete),
      ready: () => ask(0, () => true),
      [Symbol.asyncDispose]: async () => undefined,
    };
    const logger = createLogger({
      service: 'test',
      level: 'info',
      schemas: [Type.Object({ secret: Secret(Type.String()) })],
      destination: { write: (line) => void this.lines.push(JSON.parse(line)) },
    });
    this.guarded = new GuardedDecisionStore(store, { timeoutMs, clock, logger });
  }

  /** One question in the shard of `id`; what it came to, and how long it took. */
  async question(id: string): Promise<{ away: boolean; tookMs: number }> {
    const startedMs = performance.now();
    const away = await this.guarded.readEnvironmentVersion(id).then(
      () => false,
      (error) => {
        if (!(error instanceof StoreAway)) throw error;
        return true;
      },
    );
    return { away, tookMs: performance.now() - startedMs };
  }

  release(): void {
    this.hangs.clear();
    for (const each of this.hanging.splice(0)) each.answer();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.guarded[Symbol.asyncDispose]();
  }
}

const id = 'an environment';
const shard = shardOf(id);
const elsewhere = 'another environment';
/** Until a shard that hangs is known to: a question and a probe were not answered in time. */
const foundOutMs = 2 * timeoutMs + 2;

test('a shard that hangs costs a question the time-out, and soon nothing and no traffic', async () => {
  await using twin = new Twin();
  await twin.question(elsewhere);
  twin.hangs.add(shard);
  const first = twin.question(id);
  await vi.advanceTimersByTimeAsync(foundOutMs);
  expect(await first).toMatchObject({ away: true });
  expect((await first).tookMs).toBeLessThanOrEqual(timeoutMs + 1);
  const sent = twin.asked.filter((each) => each === shard).length;
  for (let i = 0; i < 1_000; i += 1) expect(await twin.question(id)).toEqual({ away: true, tookMs: 0 });
  expect(twin.asked.filter((each) => each === shard)).toHaveLength(sent);
  expect(await twin.question(elsewhere)).toEqual({ away: false, tookMs: 0 });
});

test('an answer just in time is an answer', async () => {
  await using twin = new Twin();
  twin.hangs.add(shard);
  const question = twin.question(id);
  await vi.advanceTimersByTimeAsync(timeoutMs - 2);
  twin.release();
  expect(await question).toMatchObject({ away: false });
});

test('a pause of this process is not taken for a silence of the store: what has arrived is read first', async () => {
  await using twin = new Twin();
  twin.hangs.add(shard);
  const question = twin.question(id);
  // When it goes on, its timers are due since long, and only then it can read what came meanwhile.
  vi.advanceTimersByTime(1_000);
  twin.release();
  expect(await question).toMatchObject({ away: false });
});

test('one answer that comes late is no outage: a shard is away only when it does not answer a probe either', async () => {
  await using twin = new Twin();
  twin.hangs.add(shard);
  const late = twin.question(id);
  await vi.advanceTimersByTimeAsync(timeoutMs - 1);
  twin.hangs.clear();
  await vi.advanceTimersByTimeAsync(2);
  expect(await late).toMatchObject({ away: true });
  for (let i = 0; i < 10; i += 1) {
    expect(await twin.question(id)).toEqual({ away: false, tookMs: 0 });
    await vi.advanceTimersByTimeAsync(timeoutMs / 2);
  }
  expect(twin.lines).toEqual([]);
});

test('one probe at most is under way while a shard hangs, however long', async () => {
  await using twin = new Twin();
  twin.hangs.add(shard);
  void twin.question(id);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(twin.hanging.filter((each) => each.shard === shard)).toHaveLength(2); // the question, and the probe
});

test('it is back by itself: once it answers, and without a request having to try', async () => {
  await using twin = new Twin();
  twin.hangs.add(shard);
  void twin.question(id);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await twin.question(id)).toMatchObject({ away: true });
  twin.release();
  await vi.advanceTimersByTimeAsync(200);
  expect(await twin.question(id)).toEqual({ away: false, tookMs: 0 });
});

test('it is back by itself, also when the probe on its way is never answered nor refused', async () => {
  await using twin = new Twin();
  twin.hangs.add(shard);
  void twin.question(id);
  await vi.advanceTimersByTimeAsync(3_000);
  twin.hangs.clear();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await twin.question(id)).toMatchObject({ away: false });
});

test('a store that answers, but late, stays away: requests are not made to wait for it', async () => {
  await using twin = new Twin();
  twin.hangs.add(shard);
  twin.lateMs = timeoutMs + 10;
  void twin.question(id);
  await vi.advanceTimersByTimeAsync(foundOutMs);
  for (let i = 0; i < 200; i += 1) {
    await vi.advanceTimersByTimeAsync(7);
    expect(await twin.question(id)).toEqual({ away: true, tookMs: 0 });
  }
  twin.lateMs = timeoutMs - 10;
  await vi.advanceTimersByTimeAsync(400);
  const question = twin.question(id);
  await vi.advanceTimersByTimeAsync(timeoutMs);
  expect(await question).toMatchObject({ away: false });
});

test('an error that says away opens the shard, a fault does not and is shown as what it is', async () => {
  await using twin = new Twin();
  const fault = new TypeError('a script went wrong');
  twin.failure.set(shard, fault);
  for (let i = 0; i < 3; i += 1) await expect(twin.guarded.readEnvironmentVersion(id)).rejects.toBe(fault);
  expect(twin.asked.filter((each) => each === shard)).toHaveLength(3);
  twin.failure.set(shard, new StoreAway(new Error('connection lost')));
  expect(await twin.question(id)).toMatchObject({ away: true });
  twin.failure.clear();
  expect(await twin.question(id)).toMatchObject({ away: true });
  await vi.advanceTimersByTimeAsync(150);
  expect(await twin.question(id)).toMatchObject({ away: false });
});

test('under a cap it is the shard that hangs that goes away: the environment’s, and not the client’s', async () => {
  const clientId = Array.from({ length: 100 }, (_, i) => `client ${i}`).find((each) => shardOf(each) !== shard) ?? '';
  const command: DecideCommand = {
    environmentId: id,
    clientId,
    environmentVersion: 1,
    clientVersion: 1,
    eventId: 'event',
    replayId: undefined,
    requestedAtMs: 0,
    toleranceMs: 0,
    verdict: 'ALLOWED',
    cost: 1,
    keyFamilyId: 'family',
    keyLimits: {},
    clientLimits: {},
    environmentLimits: {},
    isUse: true,
    tellsUses: false,
    event: '{}',
  };
  await using twin = new Twin();
  twin.hangs.add(shard);
  twin.capAt = shard;
  const capped = twin.guarded.decide({ ...command, environmentLimits: { day: 10 } });
  const refused = expect(capped).rejects.toBeInstanceOf(StoreAway);
  await vi.advanceTimersByTimeAsync(foundOutMs);
  await refused;
  expect(await twin.question(id)).toEqual({ away: true, tookMs: 0 });
  expect(await twin.question(clientId)).toEqual({ away: false, tookMs: 0 });
  expect(await twin.guarded.decide(command)).toMatchObject({ verdict: 'ALLOWED' });
});

test('one shard that goes away has the others looked at, so that a whole server costs few requests their time', async () => {
  await using twin = new Twin();
  for (let each = 0; each < 32; each += 1) twin.hangs.add(each);
  twin.hangs.add(shard);
  void twin.question(id);
  await vi.advanceTimersByTimeAsync(foundOutMs + timeoutMs);
  const away = twin.hanging.map((each) => each.shard).filter((each) => each < 32);
  expect(new Set(away).size).toBe(32);
  const frozen = Array.from({ length: 1_000 }, (_, i) => `id ${i}`).filter((text) => twin.hangs.has(shardOf(text)));
  for (const text of frozen) expect(await twin.question(text)).toEqual({ away: true, tookMs: 0 });
});

test('the silence of a shard is counted from the last question that it answered out of a complete projection', async () => {
  const nowMs = 5_000_000;
  const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
  await using twin = new Twin(clock);
  expect(twin.guarded.silentMs(shard)).toBe(Number.POSITIVE_INFINITY);
  await twin.question(id);
  expect(twin.guarded.silentMs(shard)).toBe(0);
  // Nobody asks, and it is heard all the same.
  await vi.advanceTimersByTimeAsync(600_000);
  expect(twin.guarded.silentMs(shard)).toBeLessThan(2_500);
  // It answers, but holds nothing.
  twin.complete = false;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(twin.guarded.silentMs(shard)).toBeGreaterThan(27_000);
  twin.complete = true;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(twin.guarded.silentMs(shard)).toBeLessThan(2_500);
  for (let each = 0; each < 64; each += 1) twin.hangs.add(each);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(twin.guarded.silentMs(shard)).toBeGreaterThanOrEqual(60_000);
});

test('the log says once that shards went away, with which, and once that they are back', async () => {
  await using twin = new Twin();
  for (let each = 0; each < 64; each += 1) twin.hangs.add(each);
  void twin.question(id);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(twin.lines).toMatchObject([{ level: 'warn', msg: 'shards of the store went away' }]);
  expect(twin.lines[0]?.shards).toHaveLength(64);
  twin.release();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(twin.lines).toMatchObject([{}, { level: 'info', msg: 'shards of the store are back' }]);
  expect(twin.lines[1]?.shards).toHaveLength(64);
});

test('a process that reached its store once stays ready: while it is away the policies answer', async () => {
  await using twin = new Twin();
  for (let each = 0; each < 64; each += 1) twin.hangs.add(each);
  const early = twin.guarded.ready();
  await vi.advanceTimersByTimeAsync(timeoutMs + 1);
  expect(await early).toBe(false);
  twin.release();
  expect(await twin.guarded.ready()).toBe(true);
  twin.hangs.add(0);
  expect(await twin.guarded.ready()).toBe(true);
});
