import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CallPlan } from './call-plan.ts';
import type { Sending, Sent } from './send-calls.ts';

export type LoadOrder = { kind: 'make'; plan: CallPlan; count: number } | { kind: 'send'; sending: Sending };
export type LoadAnswer = { kind: 'made' } | { kind: 'sent'; sent: Sent } | { kind: 'failed'; message: string };

/** The process that load comes from. It keeps the calls that it made last, to send them to one server and to another. */
export class Load implements Disposable {
  readonly #process: ChildProcess;

  constructor() {
    this.#process = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)), { serialization: 'advanced' });
  }

  async make(plan: CallPlan, count: number): Promise<void> {
    await this.#ask({ kind: 'make', plan, count });
  }

  async send(sending: Sending): Promise<Sent> {
    const answer = await this.#ask({ kind: 'send', sending });
    if (answer.kind !== 'sent') throw new Error(`the load process answered ${answer.kind}`);
    return answer.sent;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }

  async #ask(order: LoadOrder): Promise<LoadAnswer> {
    const ended = new AbortController();
    const end = () => ended.abort(new Error('the load process has ended'));
    this.#process.once('exit', end);
    try {
      const answered = once(this.#process, 'message', { signal: ended.signal });
      this.#process.send(order);
      const [answer] = (await answered) as [LoadAnswer]; // it sends nothing else
      if (answer.kind === 'failed') throw new Error(`the load failed: ${answer.message}`);
      return answer;
    } finally {
      this.#process.off('exit', end);
    }
  }
}
