import type { EnvironmentSettings } from '@keyward/contract/settings';
import type { Verdict } from '@keyward/contract/verdict';
import type { Clock } from '@keyward/kit/clock';
import { readOutboxEvent } from '@keyward/stores/outbox-entry';
import type { DecideCommand } from '@keyward/stores/ports/decision-store';
import { shardOf } from '@keyward/stores/shards';
import type { DirectEvents } from './direct-events.ts';

interface FailurePolicyOptions {
  /** Since when a shard has not been heard, ms. */
  silentMs(shard: number): number;
  events: DirectEvents;
  clock: Clock;
}

/** What is decided without the store is at most this much older than the last word of the client's shard (design.md I1). */
const openForMs = 60_000;

/** What becomes of a decision that the store cannot make final (design.md §7). */
export class FailurePolicy {
  readonly #options: FailurePolicyOptions;

  constructor(options: FailurePolicyOptions) {
    this.#options = options;
  }

  /**
   * The verdict of the rules, under the policy `open`; undefined: there is none to be had. Of what the store would have
   * looked at only the timestamp is checked, by this process' clock: not the limits, and not whether the request came
   * before. Its event goes straight to the log, and a decision that cannot be recorded is not made.
   */
  verdict({ failurePolicy }: EnvironmentSettings, command: DecideCommand): Verdict | undefined {
    const { silentMs, events, clock } = this.#options;
    const shard = shardOf(command.clientId);
    if (failurePolicy !== 'open' || silentMs(shard) >= openForMs) return undefined;
    const nowMs = clock.nowMs();
    const outOfTime = Math.abs(nowMs - command.requestedAtMs) > command.toleranceMs;
    const verdict = command.verdict === 'ALLOWED' && outOfTime ? 'STALE_REQUEST' : command.verdict;
    const event = readOutboxEvent(command.event, { verdict, decidedAtMs: nowMs, degraded: true });
    return events.add({ shard, event }) ? verdict : undefined;
  }
}
