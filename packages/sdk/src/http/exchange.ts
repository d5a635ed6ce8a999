import { clearTimeout, setTimeout } from 'node:timers';
import { type HttpAnswer, HttpFailure } from './http-client.ts';
import type { PrintedRequest } from './print-request.ts';

/** A call under way: what is asked, who waits for the answer, and until when. */
export class Exchange {
  readonly request: PrintedRequest;
  readonly #timeoutMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #fulfil: (answer: HttpAnswer) => void;
  readonly #reject: (failure: HttpFailure) => void;
  #carrier: Carrier | undefined;
  #isOver = false;

  constructor({ request, timeoutMs, fulfil, reject }: ExchangeOptions) {
    this.request = request;
    this.#timeoutMs = timeoutMs;
    this.#fulfil = fulfil;
    this.#reject = reject;
    // It keeps the process alive for as long as somebody waits; sockets never do.
    this.#timer = setTimeout(expire, timeoutMs, this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** From now on, whoever carries it hears when it is over before its answer. */
  carriedBy(carrier: Carrier | undefined): void {
    this.#carrier = carrier;
  }

  succeed(answer: HttpAnswer): void {
    this.#finish();
    this.#fulfil(answer);
  }

  fail(failure: HttpFailure): void {
    if (this.#isOver) return;
    const carrier = this.#carrier;
    this.#finish();
    this.#reject(failure);
    carrier?.abandon();
  }

  expire(): void {
    const stage = this.#carrier?.stage ?? 'waiting for a free connection';
    this.fail(new HttpFailure('timeout', `no answer within ${this.#timeoutMs} ms: ${stage}`));
  }

  #finish(): void {
    this.#isOver = true;
    this.#carrier = undefined;
    clearTimeout(this.#timer);
  }
}

/** What an exchange is on. */
export interface Carrier {
  /** How far it is, for whoever reads why a call took too long. */
  readonly stage: string;
  /** The exchange is over: its answer, should it come, belongs to nobody. */
  abandon(): void;
}

interface ExchangeOptions {
  request: PrintedRequest;
  timeoutMs: number;
  fulfil: (answer: HttpAnswer) => void;
  reject: (failure: HttpFailure) => void;
}

const expire = (exchange: Exchange) => exchange.expire();
