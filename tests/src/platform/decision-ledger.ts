import { decisionIn } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { openOutbox } from '@keyward/stores/open-shards';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { allShards, shardOf } from '@keyward/stores/shards';
import { uniqueName } from '../backends/unique-name.ts';

const leaseMs = 3_600_000;
const mostEvents = 1_000_000;

/**
 * Every decision about a known key as the stores took it in, beside what the callers were told. It holds the leases of
 * all outboxes, as a relay does that moves nothing, so that the events stay where the decisions wrote them.
 */
export class DecisionLedger implements AsyncDisposable {
  readonly #outbox: Outbox;
  readonly #relay: string;

  private constructor(outbox: Outbox, relay: string) {
    this.#outbox = outbox;
    this.#relay = relay;
  }

  /** To be opened before the first validator starts. */
  static async open(redisUrl: string): Promise<DecisionLedger> {
    await using opening = new AsyncDisposableStack();
    const outbox = opening.use(await openOutbox(redisUrl));
    const relay = uniqueName('ledger');
    const held = await outbox.claim(relay, allShards, leaseMs);
    if (held.length < allShards.length) throw new Error('a relay owns outboxes already');
    opening.move();
    return new DecisionLedger(outbox, relay);
  }

  /** The events of a client, in the order of the decisions. */
  async of(clientId: string): Promise<ValidationEvent[]> {
    const entries = await this.#outbox.read([shardOf(clientId)], mostEvents);
    return entries.map(({ event }) => decisionIn(event)).filter((event) => event.clientId === clientId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outbox.release(this.#relay, allShards);
    await this.#outbox[Symbol.asyncDispose]();
  }
}
