import { ServerClock } from '@keyward/stores/redis/server-clock';
import { expect, test } from 'vitest';

const shard = 7;

/** A Redis whose clock the test sets, asked by a process whose own clock only goes forward. */
class AskedRedis {
  readonly clock = new ServerClock({ nowMs: () => 0, monotonicMs: () => this.ownMs });
  ownMs = 5_000;
  offsetMs = 1_700_000_000_000;

  get trueMs(): number {
    return this.ownMs + this.offsetMs;
  }

  /** The time that it is taken to show now; undefined while nobody knows. */
  get takenMs(): number | undefined {
    return this.clock.at(shard, this.ownMs);
  }

  /** A call that reaches it after `wayMs`, and whose answer takes as long. */
  ask(wayMs: number, kind: 'observe' | 'restart' = 'observe'): void {
    const sentMs = this.ownMs;
    this.ownMs += wayMs;
    const serverMs = this.trueMs;
    this.ownMs += wayMs;
    this.clock[kind](shard, sentMs, serverMs);
  }
}

test('the time of a shard that never answered is not known, whatever others said', () => {
  const redis = new AskedRedis();
  expect(redis.takenMs).toBeUndefined();
  redis.ask(1);
  expect(redis.takenMs).toBe(redis.trueMs + 1);
  expect(redis.clock.at(shard + 1, redis.ownMs)).toBeUndefined();
});

test('it is taken to be ahead by the fastest way there, however slow others were', () => {
  const redis = new AskedRedis();
  for (const wayMs of [40, 300, 2, 15, 900]) redis.ask(wayMs);
  redis.ownMs += 100;
  expect(redis.takenMs).toBe(redis.trueMs + 2);
});

test('a clock that is set back is followed with the next answer', () => {
  const redis = new AskedRedis();
  redis.ask(1);
  redis.offsetMs -= 3_600_000;
  redis.ask(3);
  expect(redis.takenMs).toBe(redis.trueMs + 3);
});

test('a clock that is set forward is followed once a call was found late', () => {
  const redis = new AskedRedis();
  redis.ask(1);
  redis.offsetMs += 3_600_000;
  expect(redis.takenMs).toBeLessThan(redis.trueMs);
  redis.ask(2, 'restart');
  expect(redis.takenMs).toBe(redis.trueMs + 2);
});

test('a call that was long on its way is forgotten with the next that was not', () => {
  const redis = new AskedRedis();
  redis.ask(1);
  redis.ask(30_000, 'restart');
  expect(redis.takenMs).toBe(redis.trueMs + 30_000);
  redis.ask(1);
  expect(redis.takenMs).toBe(redis.trueMs + 1);
});

test('a clock that runs ahead of ours, never far enough to be late, is followed within twice ten seconds', () => {
  const redis = new AskedRedis();
  for (let second = 0; second < 120; second += 1) {
    redis.ask(1);
    redis.ownMs += 1_000;
    redis.offsetMs += 2;
    expect(Math.abs((redis.takenMs ?? 0) - redis.trueMs)).toBeLessThanOrEqual(2 * 21);
  }
});

test('milliseconds are whole, as the script compares them', () => {
  const redis = new AskedRedis();
  redis.ownMs += 0.625;
  redis.clock.observe(shard, redis.ownMs, redis.offsetMs);
  expect(Number.isInteger(redis.clock.at(shard, redis.ownMs + 0.25))).toBe(true);
});
