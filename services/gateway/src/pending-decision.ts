import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';

interface PendingOptions {
  request: Omit<DecisionRequest, 'elapsedUs'>;
  /** When the request came in, on the monotonic clock. */
  arrivedMs: number;
  /** About how large it is when printed. */
  bytes: number;
  /** What is left of its deadline. */
  timeoutMs: number;
}

/** A question that waits for its verdict. It is answered exactly once: by a validator, or by its deadline. */
export class PendingDecision {
  readonly request: DecisionRequest;
  readonly bytes: number;
  readonly answer: Promise<DecisionReply>;
  readonly #arrivedMs: number;
  readonly #resolve: (reply: DecisionReply) => void;
  readonly #deadline: NodeJS.Timeout;
  #open = true;

  constructor({ request, arrivedMs, bytes, timeoutMs }: PendingOptions) {
    const { promise, resolve } = Promise.withResolvers<DecisionReply>();
    this.request = { ...request, elapsedUs: 0 };
    this.bytes = bytes;
    this.answer = promise;
    this.#arrivedMs = arrivedMs;
    this.#resolve = resolve;
    this.#deadline = setTimeout(() => this.giveUp(), Math.max(1, timeoutMs));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The request as it leaves now. */
  stamped(monotonicMs: number): DecisionRequest {
    this.request.elapsedUs = Math.max(0, Math.round((monotonicMs - this.#arrivedMs) * 1000));
    return this.request;
  }

  settle(reply: DecisionReply): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#deadline);
    this.#resolve(reply);
  }

  giveUp(): void {
    this.settle({ kind: 'unavailable', retryAfterSeconds: 1 });
  }
}
