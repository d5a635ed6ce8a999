import type { DecisionReply } from '@keyward/contract/decisions';
import type { Verdict } from '@keyward/contract/verdict';
import { waitUntil } from '../backends/wait-until.ts';

/** Before a change was asked for, until it was answered, and after that. */
type Phase = 'old' | 'changing' | 'new';
export type Outcome = Verdict | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'UNAVAILABLE';

interface Answer {
  validator: number;
  sent: Phase;
  answered: Phase;
  outcome: Outcome;
}

interface Watched {
  /** Their numbers. */
  validators: readonly number[];
  /** Loops for each validator, each with one request under way. */
  loops: number;
  ask(validator: number): Promise<DecisionReply>;
}

/** Asks every validator about one key without a pause, while the key changes. */
export class WatchedKey implements AsyncDisposable {
  readonly #watched: Watched;
  readonly #answers: Answer[] = [];
  readonly #working: Promise<void>[];
  #phase: Phase = 'old';
  #stopped = false;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#working = watched.validators
      .flatMap((validator) => Array.from({ length: watched.loops }, () => validator))
      .map((validator) => this.#loop(validator));
  }

  /** Makes the change; whatever is sent once it resolved has to be answered by the new state. */
  async during(change: () => Promise<unknown>): Promise<void> {
    this.#phase = 'changing';
    await change();
    this.#phase = 'new';
  }

  /** Sends so many more requests to one validator; those under way do not hold them up. */
  askAlso(validator: number, requests: number): void {
    this.#working.push(...Array.from({ length: requests }, () => this.#ask(validator)));
  }

  /** Waits until each of these validators has reached so many verdicts on requests that were sent in this phase. */
  async until(sent: Phase, verdicts: number, validators = this.#watched.validators): Promise<void> {
    const isDecided = (answer: Answer) => answer.sent === sent && answer.outcome !== 'UNAVAILABLE';
    const reached = (one: number) =>
      this.#answers.filter((answer) => answer.validator === one && isDecided(answer)).length;
    await waitUntil(() => validators.every((validator) => reached(validator) >= verdicts), {
      what: `${verdicts} verdicts of each validator`,
      timeoutMs: 15_000,
      everyMs: 1,
    });
  }

  /** Ends the loops; the answers that the state of their time does not explain. */
  async violations(states: { old: Outcome; new: Outcome }): Promise<Answer[]> {
    await this[Symbol.asyncDispose]();
    return this.#answers.filter(({ sent, answered, outcome }) => {
      if (outcome === 'UNAVAILABLE') return false;
      if (answered === 'old') return outcome !== states.old;
      return outcome !== states.new && (sent === 'new' || outcome !== states.old);
    });
  }

  get answers(): number {
    return this.#answers.length;
  }

  /** How many requests no verdict could be reached for. */
  get unavailable(): number {
    return this.#answers.filter(({ outcome }) => outcome === 'UNAVAILABLE').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#working);
  }

  async #loop(validator: number): Promise<void> {
    while (!this.#stopped) await this.#ask(validator);
  }

  async #ask(validator: number): Promise<void> {
    const sent = this.#phase;
    const outcome = outcomeOf(await this.#watched.ask(validator));
    this.#answers.push({ validator, sent, answered: this.#phase, outcome });
  }
}

export function outcomeOf(reply: DecisionReply): Outcome {
  switch (reply.kind) {
    case 'decided':
      return reply.verdict;
    case 'unauthenticated':
      return 'UNAUTHENTICATED';
    case 'forbidden':
      return 'FORBIDDEN';
    case 'unavailable':
      return 'UNAVAILABLE';
  }
}
