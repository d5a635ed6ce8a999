import { decisions } from '@keyward/contract/decisions';
import { internalHeaders } from '@keyward/contract/internal-headers';
import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import type { TlsFiles } from '@keyward/kit/tls-files';
import { Pool } from 'undici';
import { type CallOutcome, DecisionCall } from './decision-call.ts';
import type { PendingDecision } from './pending-decision.ts';
import { upstreamConnector } from './upstream-connector.ts';

interface PeerOptions {
  origin: string;
  serviceToken: string;
  /** The longest that one call may take. */
  timeoutMs: number;
  clock: Clock;
  logger: Logger;
  tls?: TlsFiles | undefined;
}

const restMs = 1000;
const readyTimeoutMs = 1000;
const maxConnections = 128;
/**
 * One name may stand for many validators (a Kubernetes Service), which are chosen when a connection is made: one that was added
 * gets its share once connections have been made anew.
 */
const maxConnectionAgeMs = 30_000;

/** One validator: its connections, and whether it failed a moment ago. */
export class ValidatorPeer {
  readonly origin: string;
  readonly #options: PeerOptions;
  readonly #pool: Pool;
  readonly #headers: Record<string, string>;
  readonly #warnNotReady: (error: unknown) => void;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: PeerOptions) {
    this.origin = options.origin;
    this.#options = options;
    this.#pool = new Pool(options.origin, {
      connections: maxConnections,
      connect: upstreamConnector({ tls: options.tls, timeoutMs: options.timeoutMs }),
      clientTtl: maxConnectionAgeMs,
    });
    const { logger, clock, origin } = options;
    const message = `the validator at ${origin} cannot be reached`;
    this.#warnNotReady = occasionalWarning({ logger, clock, message, everyMs: 30_000 });
    this.#headers = {
      'content-type': 'application/json',
      accept: decisions.contentType,
      [internalHeaders.serviceToken]: options.serviceToken,
    };
  }

  /** A peer that failed is asked again only after others, for a second. */
  get isResting(): boolean {
    return this.#options.clock.monotonicMs() < this.#restsUntilMs;
  }

  /** Asks for the verdicts of a batch and settles those that arrive. */
  async ask(batch: readonly PendingDecision[]): Promise<CallOutcome> {
    const { clock, timeoutMs } = this.#options;
    const nowMs = clock.monotonicMs();
    const body = JSON.stringify(batch.map((pending) => pending.stamped(nowMs)));
    const call = new DecisionCall({ batch, timeoutMs });
    this.#pool.dispatch({ path: decisions.url, method: decisions.method, headers: this.#headers, body }, call);
    const outcome = await call.outcome;
    this.#restsUntilMs = outcome.kind === 'failed' ? clock.monotonicMs() + restMs : Number.NEGATIVE_INFINITY;
    return outcome;
  }

  async isReady(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(readyTimeoutMs);
      const answer = await this.#pool.request({ path: '/readyz', method: 'GET', signal });
      await answer.body.dump();
      return answer.statusCode === 200;
    } catch (error) {
      this.#warnNotReady(error);
      return false;
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
