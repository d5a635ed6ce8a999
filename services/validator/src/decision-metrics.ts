import type { DecisionReply } from '@keyward/contract/decisions';
import { showGauge } from '@keyward/kit/show-gauge';
import { showTotal } from '@keyward/kit/show-total';
import { Histogram, type Registry } from 'prom-client';

interface DecisionMetricsOptions {
  /** How many shards of the store are away just now. */
  awayShards(): number;
}

/** What a validator tells of its decisions. Counting is an addition to a plain number: it is on the way of every request. */
export class DecisionMetrics {
  readonly #seconds: Histogram;
  readonly #scriptSeconds: Histogram;
  readonly #replies = new Map<string, number>();
  readonly #lookups = { hit: 0, miss: 0 };
  #degraded = 0;
  #repeated = 0;

  constructor(metrics: Registry, { awayShards }: DecisionMetricsOptions) {
    const registers = [metrics];
    this.#seconds = new Histogram({
      name: 'keyward_decision_seconds',
      help: 'How long decisions took, from the batch that asked for them, seconds; its count is the number of decisions.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    });
    this.#scriptSeconds = new Histogram({
      name: 'keyward_decision_script_seconds',
      help: 'How long Redis took for the script that makes a decision final, as the validator sees it, seconds.',
      buckets: [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
      registers,
    });
    showGauge(metrics, {
      name: 'keyward_store_away_shards',
      help: 'Shards of Redis that do not answer this validator, or hold nothing that it could decide by.',
      read: () => awayShards(),
    });
    this.#showTotals(metrics);
  }

  #showTotals(metrics: Registry): void {
    showTotal(metrics, {
      name: 'keyward_decisions_total',
      help: 'Decisions, by their verdict; or UNAUTHENTICATED and FORBIDDEN for a server key that was refused, and UNAVAILABLE where there was none to be had.',
      label: 'verdict',
      read: () => this.#replies,
    });
    showTotal(metrics, {
      name: 'keyward_decisions_degraded_total',
      help: 'Decisions among these that let a request in without Redis, by the failure policy `open`.',
      read: () => this.#degraded,
    });
    showTotal(metrics, {
      name: 'keyward_decision_retries_total',
      help: 'How often a decision was made again, because what this validator held was out of date.',
      read: () => this.#repeated,
    });
    showTotal(metrics, {
      name: 'keyward_key_cache_lookups_total',
      help: 'Keys that were looked for in this process (L1), by what came of it: hit or miss; unknown keys are always a miss.',
      label: 'result',
      read: () => Object.entries(this.#lookups),
    });
  }

  decided(reply: DecisionReply, ms: number): void {
    const outcome = reply.kind === 'decided' ? reply.verdict : reply.kind.toUpperCase();
    this.#replies.set(outcome, (this.#replies.get(outcome) ?? 0) + 1);
    if ('degraded' in reply) this.#degraded += 1;
    this.#seconds.observe(ms / 1_000);
  }

  scriptRan(ms: number): void {
    this.#scriptSeconds.observe(ms / 1_000);
  }

  lookedUp(result: 'hit' | 'miss'): void {
    this.#lookups[result] += 1;
  }

  repeated(): void {
    this.#repeated += 1;
  }
}
