import { setTimeout as pause } from 'node:timers/promises';
import type { DecisionReply } from '@keyward/contract/decisions';
import type { Verdict } from '@keyward/contract/verdict';
import { newId } from '@keyward/kit/random';
import type { LoadClient } from './load-clients.ts';

export interface LoadCall {
  eventId: string;
  key: string;
  methodPath: string;
  timestampMs: number;
  remoteAddress: string;
}

/** What one call was told at last. */
export interface Told {
  eventId: string;
  verdict: Verdict;
}

interface LoadPlan {
  clients: readonly LoadClient[];
  /** One attempt; rejects when there is no answer. `attempt` counts all of them, so that others are asked in turn. */
  ask(call: LoadCall, attempt: number): Promise<DecisionReply>;
  remoteAddress: string;
}

const gapMs = 8;
const patienceMs = 60_000;
const paths = 5;

/**
 * Calls of many clients at once, of each client one after the other: so what a client was told, in its order, is the order of
 * its decisions. A call without an answer is asked again under the same event id, as the gateway does.
 */
export class PipelineLoad {
  readonly #plan: LoadPlan;
  readonly #told: ReadonlyMap<string, Told[]>;
  #lanes: Promise<void>[] = [];
  #isRunning = false;
  #isAbandoned = false;
  #attempts = 0;
  #repeated = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#told = new Map(plan.clients.map(({ id }) => [id, []]));
  }

  /** By client, in the order of its calls. */
  get told(): ReadonlyMap<string, readonly Told[]> {
    return this.#told;
  }

  get calls(): number {
    return [...this.#told.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** How often a call had to be asked again. */
  get repeated(): number {
    return this.#repeated;
  }

  start(): void {
    this.#isRunning = true;
    this.#lanes = this.#plan.clients.map((client) => this.#lane(client));
    for (const lane of this.#lanes) lane.catch(() => undefined); // told by `stop`
  }

  /** Resolves once every call has its outcome. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#lanes.splice(0));
  }

  /** Runs while `work` does. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.start();
    try {
      const result = await work();
      await this.stop();
      return result;
    } catch (error) {
      this.#isAbandoned = true;
      throw error;
    }
  }

  async #lane({ id, keys }: LoadClient): Promise<void> {
    const told = this.#told.get(id) ?? [];
    for (const eventId of eventIds()) {
      if (!this.#isRunning) return;
      const call = {
        eventId,
        key: keys[told.length % keys.length] ?? '',
        methodPath: `GET:/items/${told.length % paths}`,
        timestampMs: Date.now(),
        remoteAddress: this.#plan.remoteAddress,
      };
      told.push({ eventId, verdict: await this.#untilTold(call) });
      await pause(gapMs);
    }
  }

  async #untilTold(call: LoadCall): Promise<Verdict> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      this.#attempts += 1;
      const reply = await this.#plan.ask(call, this.#attempts).catch(() => undefined);
      if (reply?.kind === 'decided') return reply.verdict;
      if (reply?.kind === 'unauthenticated') throw new Error('the load’s server key is not accepted');
      if (this.#isAbandoned || performance.now() > deadline)
        throw new Error(`a call got no verdict in ${patienceMs} ms`);
      this.#repeated += 1;
      await pause(gapMs);
    }
  }
}

/** Of two ids the later comes first: gateways mint them, and the order of decisions is another. */
function* eventIds(): Generator<string> {
  for (;;) {
    const earlier = newId();
    yield newId();
    yield earlier;
  }
}
