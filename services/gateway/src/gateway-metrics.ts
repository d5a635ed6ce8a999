import type { Verdict } from '@keyward/contract/verdict';
import { keptChildren } from '@keyward/kit/kept-children';
import { Counter, type Registry } from 'prom-client';

type Upstream = 'validator' | 'admin-api';
type Asked = 'validate' | 'verify';

/** What the gateway counts on its way; calls as such are counted by kit. */
export class GatewayMetrics {
  readonly #verdicts: (asked: Asked, verdict: Verdict) => void;
  readonly #envelopes: (version: '1' | '2', kid: string) => void;
  readonly #failures: (upstream: Upstream) => void;

  constructor(metrics: Registry) {
    this.#verdicts = counting<[Asked, Verdict]>(metrics, {
      name: 'keyward_gateway_verdicts_total',
      help: 'Verdicts that were answered, by what was asked and by their code.',
      labels: ['asked', 'verdict'],
    });
    this.#envelopes = counting<['1' | '2', string]>(metrics, {
      name: 'keyward_gateway_envelopes_total',
      help: 'Envelopes that were opened, by their version and the key of the keyring: one that stays where it is for 30 days may go.',
      labels: ['version', 'kid'],
    });
    this.#failures = counting<[Upstream]>(metrics, {
      name: 'keyward_gateway_upstream_failures_total',
      help: 'Calls to a service behind the gateway that failed; those to validators are made again elsewhere.',
      labels: ['upstream'],
    });
  }

  noteVerdict(asked: Asked, verdict: Verdict): void {
    this.#verdicts(asked, verdict);
  }

  noteEnvelope({ version, kid }: { version: '1' | '2'; kid: string }): void {
    this.#envelopes(version, kid);
  }

  noteFailure(upstream: Upstream): void {
    this.#failures(upstream);
  }
}

interface CounterPlan {
  name: string;
  help: string;
  labels: string[];
}

/** Adds one under these labels. */
function counting<Labels extends string[]>(metrics: Registry, plan: CounterPlan): (...labels: Labels) => void {
  const { name, help, labels: labelNames } = plan;
  const totalOf = keptChildren(new Counter({ name, help, labelNames, registers: [metrics] }));
  return (...labels) => totalOf(...labels).inc();
}
