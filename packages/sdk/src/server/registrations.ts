import type { Runtime } from '../runtime.ts';
import type { Incident } from './incidents.ts';
import { ServerAway } from './server-failure.ts';
import type { ServerCall } from './server-link.ts';

/** Something that the server is to be told of, once. */
export interface Registration extends ServerCall {
  /** In a sentence: `the key of acme`. */
  what: string;
}

interface RegistrationsOptions {
  send: (call: ServerCall) => Promise<unknown>;
  /** `request`: there is no background, and `flush` alone tells. */
  lifetime?: Runtime['lifetime'];
  onIncident: (incident: Incident) => void;
}

const maxWaiting = 10_000;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/**
 * Tells the server in the background, one after the other and in order. What does not arrive is tried again until it does; what
 * the server refuses is given up, and said. Nothing here keeps the process alive.
 */
export class Registrations {
  readonly #options: RegistrationsOptions;
  readonly #waiting: Registration[] = [];
  #running: Promise<void> | undefined;
  #pause: { timer: ReturnType<typeof setTimeout>; end: () => void } | undefined;
  #isStopped = false;

  constructor(options: RegistrationsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(registration: Registration): void {
    if (this.#isStopped) return;
    if (this.#waiting.length >= maxWaiting) {
      this.#tell(registration, `${maxWaiting} others wait before it`);
      return;
    }
    this.#waiting.push(registration);
    if (this.#options.lifetime !== 'request') this.#running ??= this.#run();
  }

  /** Until nothing waits any more, or the time is over; whether nothing does. What waits is tried at once. */
  async flush(timeoutMs: number): Promise<boolean> {
    this.#pause?.end();
    const { promise, end } = timeout(timeoutMs);
    await Promise.race([this.#options.lifetime === 'request' ? this.#runOnce() : this.#running, promise]);
    end();
    return this.#waiting.length === 0;
  }

  stop(): void {
    this.#isStopped = true;
    this.#pause?.end();
  }

  async #run(): Promise<void> {
    for (let attempts = 0; !this.#isStopped; ) {
      const [next] = this.#waiting;
      if (!next) break;
      const outcome = await this.#attempt(next, attempts);
      attempts = outcome === 'again' ? attempts + 1 : 0;
      if (outcome === 'again') await this.#wait(Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs));
      else this.#waiting.shift();
    }
    // In the same turn as it was found empty: what is added next begins anew.
    this.#running = undefined;
  }

  /** Whoever takes one tells of it, so that two requests do not tell of the same one. */
  async #runOnce(): Promise<void> {
    for (let next = this.#waiting.shift(); next && !this.#isStopped; next = this.#waiting.shift()) {
      if ((await this.#attempt(next, 0)) !== 'again') continue;
      this.#waiting.unshift(next);
      return;
    }
  }

  async #attempt(registration: Registration, attempts: number): Promise<'done' | 'again' | 'given up'> {
    try {
      await this.#options.send(registration);
      return 'done';
    } catch (cause) {
      const isAway = cause instanceof ServerAway;
      const reason = cause instanceof Error ? cause.message : 'for an unknown reason';
      // Once for each; who hears of the first failure need not hear of the others.
      if (!isAway || attempts === 0) this.#tell(registration, isAway ? `${reason}; trying again` : reason, cause);
      return isAway ? 'again' : 'given up';
    }
  }

  #tell({ what }: Registration, reason: string, cause?: unknown): void {
    this.#options.onIncident({ kind: 'registration-failed', message: `${what} is not registered: ${reason}`, cause });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#pause = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      unref(timer);
      this.#pause = { timer, end };
    });
  }
}

function timeout(ms: number): { promise: Promise<void>; end: () => void } {
  let timer: ReturnType<typeof setTimeout>;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return { promise, end: () => clearTimeout(timer) };
}

/** Timers of the web are numbers, and keep nothing alive. */
function unref(timer: ReturnType<typeof setTimeout>): void {
  if (typeof timer === 'object') timer.unref();
}
