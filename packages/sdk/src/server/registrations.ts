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
/** After so many attempts others are tried: it may be this one that the server fails at. */
const attemptsInTurn = 5;
const closed = 'it was closed before the server was told';

/**
 * Tells the server in the background, one after the other and in order. What does not arrive is tried again until it does; what
 * the server refuses is given up, and said, as is what still waits at the end. Nothing here keeps the process alive.
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
    if (this.#waiting.length >= maxWaiting) {
      this.#tell(registration, `${maxWaiting} others wait before it`);
      return;
    }
    this.#waiting.push(registration);
    if (this.#isStopped) this.#tell(registration, closed);
    else if (this.#options.lifetime !== 'request') this.#running ??= this.#run();
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
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#pause?.end();
    for (const registration of this.#waiting) this.#tell(registration, closed);
  }

  async #run(): Promise<void> {
    for (let attempts = 0; !this.#isStopped; ) {
      const [next] = this.#waiting;
      if (!next) break;
      const isOver = (await this.#attempt(next, attempts)) !== 'again';
      attempts = isOver ? 0 : attempts + 1;
      if (isOver) this.#waiting.shift();
      else await this.#putOff(attempts);
    }
    // In the same turn as it was found empty: what is added next begins anew.
    this.#running = undefined;
  }

  async #putOff(attempts: number): Promise<void> {
    if (this.#isStopped) return;
    if (attempts % attemptsInTurn === 0) this.#waiting.push(...this.#waiting.splice(0, 1));
    await this.#wait(Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs));
  }

  /** Whoever takes one tells of it, so that two requests do not tell of the same one. */
  async #runOnce(): Promise<void> {
    while (!this.#isStopped) {
      const next = this.#waiting.shift();
      if (!next) return;
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
      if (this.#isStopped) return this.#leave(registration);
      const isAway = cause instanceof ServerAway;
      const reason = cause instanceof Error ? cause.message : 'for an unknown reason';
      // Once for each; who hears of the first failure need not hear of the others.
      if (!isAway || attempts === 0) this.#tell(registration, isAway ? `${reason}; trying again` : reason, cause);
      return isAway ? 'again' : 'given up';
    }
  }

  /** Of what waits it was said when it was stopped; on the edge the one under way does not. */
  #leave(registration: Registration): 'again' {
    if (!this.#waiting.includes(registration)) this.#tell(registration, closed);
    return 'again';
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
