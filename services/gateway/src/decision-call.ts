import { DecisionLine } from '@keyward/contract/decisions';
import { compileValidator } from '@keyward/kit/validation';
import type { Dispatcher } from 'undici';
import { LineSplitter } from './line-splitter.ts';
import type { PendingDecision } from './pending-decision.ts';

const decisionLine = compileValidator(DecisionLine);
const maxLineBytes = 65_536;

/** How a call to a validator ended. `refused`: it will not take this batch, now or later. */
export type CallOutcome = { kind: 'answered' } | { kind: 'refused' | 'failed'; cause: Error };

/**
 * One call in flight, as undici's handler: each line settles its question as it arrives. Whatever the validator gets
 * wrong (status, line, position, an early end) fails the call; what was answered before stays answered.
 */
export class DecisionCall implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<CallOutcome>;
  readonly #finish: (outcome: CallOutcome) => void;
  readonly #unanswered: (PendingDecision | undefined)[];
  readonly #lines = new LineSplitter({ maxLineBytes });
  readonly #timer: NodeJS.Timeout;
  #left: number;
  #status = 0;
  #stopped: Error | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  constructor({ batch, timeoutMs }: { batch: readonly PendingDecision[]; timeoutMs: number }) {
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    this.outcome = promise;
    this.#unanswered = [...batch];
    this.#left = batch.length;
    this.#timer = setTimeout(() => this.#stop(new Error('the validator took too long')), timeoutMs);
    this.#finish = (outcome) => {
      clearTimeout(this.#timer);
      resolve(outcome);
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#stopped) controller.abort(this.#stopped);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
    if (status !== 200) this.#stop(new Error(`the validator answered ${status}`));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#read(() => this.#lines.push(chunk, this.#take));
  }

  onResponseEnd(): void {
    this.#read(() => this.#lines.end(this.#take));
    if (this.#left > 0) this.#stop(new Error('the answer ended early'));
    this.#finish({ kind: 'answered' });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#stop(error);
  }

  #read(step: () => void): void {
    if (this.#stopped) return;
    try {
      step();
    } catch (error) {
      this.#stop(error instanceof Error ? error : new Error('the answer cannot be read'));
    }
  }

  readonly #take = (text: string): void => {
    const line: unknown = JSON.parse(text);
    if (!decisionLine.check(line)) throw new Error('a line of the answer is not a decision');
    const pending = this.#unanswered[line.i];
    if (!pending) throw new Error('a line of the answer is to no question');
    this.#unanswered[line.i] = undefined;
    this.#left--;
    pending.settle(line.reply);
  };

  #stop(cause: Error): void {
    if (this.#stopped) return;
    this.#stopped = cause;
    this.#finish({ kind: this.#status === 400 || this.#status === 413 ? 'refused' : 'failed', cause });
    this.#controller?.abort(cause);
  }
}
