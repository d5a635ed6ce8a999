import { type DecisionLine, type DecisionReply, type DecisionRequest, decisions } from '@keyward/contract/decisions';
import { internalHeaders } from '@keyward/contract/internal-headers';
import { newId } from '@keyward/kit/random';
import { Pool } from 'undici';

/** What differs from one test's request to the next; the rest is what the gateway would add. */
export type Asked = Pick<DecisionRequest, 'serverKey'> & Partial<DecisionRequest> & { key: string };

/** Asks one validator for verdicts as the gateway does, one request to a call. */
export class ValidatorCaller implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #headers: Record<string, string>;

  constructor(url: string, serviceToken: string) {
    this.#pool = new Pool(url);
    this.#headers = { 'content-type': 'application/json', [internalHeaders.serviceToken]: serviceToken };
  }

  /** Its answer; rejects when there is none, as when the process is gone. */
  async ask({ key, ...asked }: Asked, patience: { timeoutMs?: number } = {}): Promise<DecisionReply> {
    const request: DecisionRequest = {
      eventId: newId(),
      clientId: 'self',
      methodPath: 'GET:/',
      timestampMs: Date.now(),
      headers: { 'x-api-key': key },
      elapsedUs: 0,
      ...asked,
    };
    const { method, url: path } = decisions;
    const signal = patience.timeoutMs === undefined ? null : AbortSignal.timeout(patience.timeoutMs);
    const body = JSON.stringify([request]);
    const answer = await this.#pool.request({ path, method, headers: this.#headers, body, signal });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`the validator answered ${answer.statusCode}: ${text}`);
    return (JSON.parse(text) as DecisionLine).reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}
