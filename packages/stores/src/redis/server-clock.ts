import type { Clock } from '@keyward/kit/clock';

const periodMs = 10_000;

/**
 * What each shard's Redis clock shows, from the times that answers carry: the difference to the own clock is at most the
 * smallest that was seen of late, between sending a call and the time in its answer. So a time that this gives is never
 * before the true one by more than the fastest way there.
 */
export class ServerClock {
  readonly #clock: Clock;
  readonly #shards = new Map<number, { sinceMs: number; now: number; before: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  /** The shard's time when the own monotonic clock shows `atMs`; undefined while it never answered. */
  at(shard: number, atMs: number): number | undefined {
    const seen = this.#shards.get(shard);
    return seen && Math.floor(atMs + Math.min(seen.now, seen.before));
  }

  /** A call that was sent at `sentMs` (monotonic) was answered with this time of the shard. */
  observe(shard: number, sentMs: number, serverMs: number): void {
    const difference = serverMs - sentMs;
    const seen = this.#shards.get(shard);
    if (!seen) {
      this.#shards.set(shard, { sinceMs: sentMs, now: difference, before: difference });
    } else if (sentMs - seen.sinceMs >= periodMs) {
      Object.assign(seen, { sinceMs: sentMs, now: difference, before: seen.now });
    } else if (difference < seen.now) {
      seen.now = difference;
    }
  }

  /** The shard found a call late: it was long on its way, or the shard's clock was set forward. Begins anew. */
  restart(shard: number, sentMs: number, serverMs: number): void {
    const difference = serverMs - sentMs;
    this.#shards.set(shard, { sinceMs: sentMs, now: difference, before: difference });
  }
}
