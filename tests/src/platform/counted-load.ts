import type { Verdict } from '@keyward/contract/verdict';

/** Sends one request to that path over that connection; `UNAVAILABLE` is no verdict. */
export type Ask = (methodPath: string, connection: number) => Promise<Verdict | 'UNAVAILABLE'>;

interface LoadPlan {
  ask: Ask;
  connections: number;
  /** Shall one more call begin, after so many? */
  goOn: (begun: number) => boolean;
}

const mostUnanswered = 1_000;
const pathStart = 'GET:/call/';

/** Calls over many connections at once. Each has a path of its own, by which its event can be found again. */
export class CountedLoad {
  readonly #plan: LoadPlan;
  readonly #told = new Map<number, Verdict>();
  readonly #byConnection: number[];
  readonly #opened = Promise.withResolvers<void>();
  #heldAt = Number.POSITIVE_INFINITY;
  #begun = 0;
  #sent = 0;
  #unanswered = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#byConnection = Array.from({ length: plan.connections }, () => 0);
  }

  /** What each call was told, by its number; who got no verdict has asked again as a new call. */
  get told(): ReadonlyMap<number, Verdict> {
    return this.#told;
  }

  /** How many calls have left so far, which is the number of the next. */
  get sent(): number {
    return this.#sent;
  }

  /** How many calls were told that no verdict could be reached. */
  get unanswered(): number {
    return this.#unanswered;
  }

  toldThat(verdict: Verdict): number {
    return [...this.#told.values()].filter((told) => told === verdict).length;
  }

  /** How many verdicts came over the connections that these are. */
  verdictsOver(these: (connection: number) => boolean): number {
    return this.#byConnection.reduce((sum, verdicts, connection) => sum + (these(connection) ? verdicts : 0), 0);
  }

  /** Lets so many calls begin, and the others once `release` was called. */
  holdAt(calls: number): void {
    this.#heldAt = calls;
  }

  release(): void {
    this.#heldAt = Number.POSITIVE_INFINITY;
    this.#opened.resolve();
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#plan.connections }, (_, connection) => this.#work(connection)));
  }

  async #work(connection: number): Promise<void> {
    while (this.#plan.goOn(this.#begun)) {
      this.#begun += 1;
      if (this.#begun > this.#heldAt) await this.#opened.promise;
      await this.#untilTold(connection);
    }
  }

  async #untilTold(connection: number): Promise<void> {
    for (;;) {
      const call = this.#sent;
      this.#sent += 1;
      const verdict = await this.#plan.ask(`${pathStart}${call}`, connection);
      if (verdict !== 'UNAVAILABLE') {
        this.#told.set(call, verdict);
        this.#byConnection[connection] = (this.#byConnection[connection] ?? 0) + 1;
        return;
      }
      this.#unanswered += 1;
      if (this.#unanswered > mostUnanswered) throw new Error('the load gets no verdicts any more');
    }
  }
}

/** The number of the call that went to this path. */
export const callOf = (methodPath: string): number => Number(methodPath.slice(pathStart.length));
