import { setTimeout as sleep } from 'node:timers/promises';
import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import type { Clock } from '@keyward/kit/clock';
import { endDecision } from '@keyward/kit/decision-span';
import type { Logger } from '@keyward/kit/logger';
import type { TlsFiles } from '@keyward/kit/tls-files';
import type { Tracing } from '@keyward/kit/tracing';
import { DecisionBatcher } from './decision-batcher.ts';
import { PendingDecision } from './pending-decision.ts';
import { ValidatorPeer } from './validator-peer.ts';

interface DecisionClientOptions {
  origins: readonly string[];
  serviceToken: string;
  /** One deadline over the whole, from the request's arrival, retries included. */
  deadlineMs: number;
  clock: Clock;
  logger: Logger;
  /** How the validators are known, and we to them. */
  tls?: TlsFiles | undefined;
  /** Told of each call that failed. */
  noteFailure?: () => void;
  tracing?: Tracing | undefined;
}

export interface Question {
  request: Omit<DecisionRequest, 'elapsedUs'>;
  arrivedMs: number;
  /** The size of the request's body. */
  bodyBytes: number;
}

const backoffMs = { first: 25, most: 250 };

/** Asks the validators for verdicts: in batches, line by line, elsewhere when one fails, until the deadline. */
export class DecisionClient implements AsyncDisposable {
  readonly #options: DecisionClientOptions;
  readonly #peers: ValidatorPeer[];
  readonly #batcher = new DecisionBatcher<PendingDecision>({ send: (batch) => this.#ask(batch) });
  #turn = 0;

  constructor(options: DecisionClientOptions) {
    this.#options = options;
    // A validator that hangs must leave time for another.
    const timeoutMs = Math.ceil(options.deadlineMs * 0.4);
    this.#peers = options.origins.map((origin) => new ValidatorPeer({ ...options, origin, timeoutMs }));
  }

  /** The verdict, or `unavailable` once the deadline has passed. Never rejects. */
  decide(question: Question): Promise<DecisionReply> {
    const { tracing } = this.#options;
    return tracing ? this.#decideTraced(tracing, question) : this.#decide(question);
  }

  async #decideTraced(tracing: Tracing, question: Question): Promise<DecisionReply> {
    const span = tracing.start('decision call', { kind: 'client', parent: question.request.traceparent });
    const request = { ...question.request, traceparent: span.traceparent };
    const reply = await this.#decide({ ...question, request });
    endDecision(span, reply);
    return reply;
  }

  #decide({ request, arrivedMs, bodyBytes }: Question): Promise<DecisionReply> {
    const { clock, deadlineMs } = this.#options;
    const timeoutMs = deadlineMs - (clock.monotonicMs() - arrivedMs);
    const pending = new PendingDecision({ request, arrivedMs, bytes: bodyBytes, timeoutMs });
    this.#batcher.add(pending);
    return pending.answer;
  }

  async isReady(): Promise<boolean> {
    const ready = this.#peers.map(async (peer) => (await peer.isReady()) || Promise.reject(new Error('not ready')));
    return Promise.any(ready).catch(() => false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }

  /** What a validator leaves unanswered is asked again, under the same event ids: it is decided and counted once. */
  async #ask(batch: PendingDecision[]): Promise<void> {
    let pauseMs = backoffMs.first;
    for (let open = batch; open.length > 0; open = open.filter((pending) => pending.isOpen)) {
      const peer = this.#nextPeer();
      if (!peer) return giveUp(open);
      if (peer.isResting) {
        await sleep(pauseMs);
        pauseMs = Math.min(pauseMs * 2, backoffMs.most);
        open = open.filter((pending) => pending.isOpen);
        if (open.length === 0) return;
      }
      const outcome = await peer.ask(open);
      if (outcome.kind === 'answered') return;
      this.#options.noteFailure?.();
      this.#options.logger.warn({ validator: peer.origin, items: open.length, err: outcome.cause }, 'a call failed');
      if (outcome.kind === 'refused') return this.#askSingly(open);
    }
  }

  /** One item that the validator will not take must not take others with it. */
  async #askSingly(batch: PendingDecision[]): Promise<void> {
    const open = batch.filter((pending) => pending.isOpen);
    if (batch.length === 1) return giveUp(open);
    await Promise.all(open.map((pending) => this.#ask([pending])));
  }

  /** Each in turn, those that failed a moment ago last. */
  #nextPeer(): ValidatorPeer | undefined {
    this.#turn = (this.#turn + 1) % this.#peers.length;
    const inTurn = [...this.#peers.slice(this.#turn), ...this.#peers.slice(0, this.#turn)];
    return inTurn.find((peer) => !peer.isResting) ?? inTurn[0];
  }
}

function giveUp(batch: readonly PendingDecision[]): void {
  for (const pending of batch) pending.giveUp();
}
