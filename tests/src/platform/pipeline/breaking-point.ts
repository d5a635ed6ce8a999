/** Names the point and what happens there: `SIGKILL before outbox.trim`. */
export const breakingPointVariable = 'BREAKING_POINT';

const form = /^(SIGKILL|SIGSTOP) (before|after) (.+)$/;

/**
 * Where a process under test ends or stops itself: at the first step of that name once it has got SIGWINCH, which
 * nobody else has a use for.
 */
export class BreakingPoint {
  readonly #signal: NodeJS.Signals | undefined;
  readonly #place: string | undefined;
  #isArmed = false;

  constructor(text: string | undefined) {
    const [, signal, moment, step] = form.exec(text ?? '') ?? [];
    if (text !== undefined && signal === undefined) throw new Error(`${breakingPointVariable}: ${text}`);
    this.#signal = signal as NodeJS.Signals | undefined; // one of the two in the form
    this.#place = `${moment} ${step}`;
    process.on('SIGWINCH', () => {
      this.#isArmed = true;
    });
  }

  /** Takes a step; a promise or a stream has come to its end before the point behind it. */
  around<T>(step: string, take: () => T): T {
    this.#breakAt(`before ${step}`);
    const taken = take();
    const breakBehind = () => this.#breakAt(`after ${step}`);
    if (taken instanceof Promise) void taken.then(breakBehind, () => undefined);
    else if (isStream(taken)) taken.once('finish', breakBehind);
    return taken;
  }

  #breakAt(place: string): void {
    if (!this.#isArmed || !this.#signal || place !== this.#place) return;
    this.#isArmed = false;
    process.kill(process.pid, this.#signal);
    // Nothing is to happen before the signal is taken.
    if (this.#signal === 'SIGKILL') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
}

interface Stream {
  once(event: 'finish', listener: () => void): unknown;
}

function isStream(taken: unknown): taken is Stream {
  return typeof taken === 'object' && taken !== null && 'writable' in taken && 'once' in taken;
}
