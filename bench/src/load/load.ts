import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CallPlan } from './call-plan.ts';
import type { Sending, Sent } from './send-calls.ts';
import type { SdkPlan } from './validate-by-sdk.ts';

export type LoadOrder =
  | { kind: 'make'; plan: CallPlan; count: number }
  | { kind: 'send'; sending: Sending }
  | { kind: 'validate'; plan: SdkPlan };
export type LoadAnswer = { kind: 'made' } | { kind: 'sent'; sent: Sent } | { kind: 'failed'; message: string };

/** The process that load comes from. It keeps the calls that it made last, to send them to one server and to another. */
export class Load implements Disposable {
  readonly #process: ChildProcess;
  readonly #ended = new AbortController();

  constructor() {
    this.#process = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)), { serialization: 'advanced' });
    this.#process.once('exit', () => this.#ended.abort(new Error('the load process has ended')));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async make(plan: CallPlan, count: number): Promise<void> {
    await this.#ask({ kind: 'make', plan, count });
  }

  send(sending: Sending): Promise<Sent> {
    return this.#sent({ kind: 'send', sending });
  }

  /** Calls through the SDK. */
  validate(plan: SdkPlan): Promise<Sent> {
    return this.#sent({ kind: 'validate', plan });
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }

  async #sent(order: LoadOrder): Promise<Sent> {
    const answer = await this.#ask(order);
    if (answer.kind !== 'sent') throw new Error(`the load process answered ${answer.kind}`);
    return answer.sent;
  }

  async #ask(order: LoadOrder): Promise<LoadAnswer> {
    const answered = once(this.#process, 'message', { signal: this.#ended.signal });
    this.#process.send(order);
    const [answer] = (await answered) as [LoadAnswer]; // it sends nothing else
    if (answer.kind === 'failed') throw new Error(`the load failed: ${answer.message}`);
    return answer;
  }
}
