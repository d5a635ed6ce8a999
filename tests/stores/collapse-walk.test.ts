import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import { validationEventType } from '@keyward/contract/validation-event';
import { systemClock as clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { openOutboxAccounts } from '@keyward/stores/open-shards';
import type { EventProducer, ShardedEvent } from '@keyward/stores/ports/event-log';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { shardCount, shardOf } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { OutboxCollapser } from '@keyward/validator/relay/collapse-outboxes';
import { EventMover } from '@keyward/validator/relay/move-events';
import { RelayProgress } from '@keyward/validator/relay/relay-progress';
import { expect, it } from 'vitest';
import { quietLogger as logger } from './sample-events.ts';
import { decideCommand, openShards, outboxEntries, type ShardsUnderTest, urlFor } from './shards-under-test.ts';

const seeds = [1, 2, 3, 4];
const steps = 150;
/** About ten events a shard, so that outboxes are over their room all the time. */
const maxBytes = shardCount * 4_000;
const { signal } = new AbortController();

/** mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Counts by client and verdict, of events or of those that were summed up. */
class Tally {
  readonly counts = new Map<string, number>();

  add(clientId: string, verdict: string, count = 1): void {
    const key = `${clientId} ${verdict}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }

  static of(events: Iterable<PipelineEvent>): Map<string, number> {
    const tally = new Tally();
    for (const event of events) {
      if (event.type === validationEventType) tally.add(event.data.clientId, event.data.verdict);
      if (event.type !== usageSummaryType) continue;
      for (const { clientId, verdict, count } of event.data.counts) tally.add(clientId, verdict, count);
    }
    return tally.counts;
  }
}

/** What may happen around any call that a relay makes: it dies before or after, or stands still for as long as it likes. */
class Fate {
  readonly #random: () => number;
  readonly standing: (() => void)[] = [];
  isKind = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  async around<T>(call: () => Promise<T>): Promise<T> {
    await this.#turn('before');
    const answer = await call();
    await this.#turn('after');
    return answer;
  }

  /** Those that stood still go on; the oldest first. */
  resume(count: number): void {
    for (const go of this.standing.splice(0, count)) go();
  }

  async #turn(when: string): Promise<void> {
    if (this.isKind) return;
    const chance = this.#random();
    if (chance < 0.06) throw new Error(`the relay died ${when} a call`);
    if (chance < 0.18) await new Promise<void>((resolve) => void this.standing.push(resolve));
  }
}

/** The log, which keeps an event by its id. */
class LogTwin implements EventProducer {
  readonly kept = new Map<string, PipelineEvent>();

  async append(events: readonly ShardedEvent[]): Promise<void> {
    for (const { event } of events) if (!this.kept.has(event.data.id)) this.kept.set(event.data.id, event);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

interface Relay {
  name: string;
  mover: EventMover;
  collapser: OutboxCollapser;
  moving?: Promise<unknown> | undefined;
  collapsing?: Promise<unknown> | undefined;
}

function newRelay({ outbox, log, fate, owned }: { outbox: Outbox; log: LogTwin; fate: Fate; owned: number[] }): Relay {
  const name = newId();
  const fated: Outbox = {
    heartbeat: (...args) => outbox.heartbeat(...args),
    claim: (...args) => outbox.claim(...args),
    release: (...args) => outbox.release(...args),
    flushRefusals: (...args) => outbox.flushRefusals(...args),
    [Symbol.asyncDispose]: async () => undefined,
    read: (...args) => fate.around(() => outbox.read(...args)),
    markSent: (...args) => fate.around(() => outbox.markSent(...args)),
    trim: (...args) => fate.around(() => outbox.trim(...args)),
    bury: (...args) => fate.around(() => outbox.bury(...args)),
    backlogs: (...args) => outbox.backlogs(...args),
    rooms: () => outbox.rooms(),
    readUnsent: (...args) => fate.around(() => outbox.readUnsent(...args)),
    collapse: (...args) => fate.around(() => outbox.collapse(...args)),
  };
  const producer: EventProducer = {
    append: (events) => fate.around(() => log.append(events)),
    [Symbol.asyncDispose]: async () => undefined,
  };
  // It takes what it once owned for its own: what holds is the lease in the store.
  const leases = { held: () => owned, owned: () => owned, owns: () => true, giveBackSurplus: async () => undefined };
  const common = { outbox: fated, relay: name, leases, progress: new RelayProgress(clock), logger };
  return {
    name,
    mover: new EventMover({ ...common, producer, signal }),
    collapser: new OutboxCollapser({ ...common, clock, maxBytes, signal }),
  };
}

/** Requests of a few clients, of which some are refused. */
async function requesting({ projection, store }: ShardsUnderTest, random: () => number) {
  const environmentId = newId();
  await projection.completeRebuild(await projection.beginRebuild());
  await projection.putEnvironmentVersion(environmentId, 1);
  const clients = [newId(), newId(), newId()];
  for (const clientId of clients) await projection.putClientVersion(clientId, 1);
  const decided = new Tally();
  const keyId = newId();
  const request = async () => {
    const clientId = clients[Math.floor(random() * clients.length)] ?? '';
    const verdict = random() < 0.7 ? 'ALLOWED' : 'REVOKED';
    const eventId = newId();
    const methodPath = `GET:/things/${'abc'.charAt(Math.floor(random() * 3))}`;
    const event = JSON.stringify({ id: eventId, environmentId, clientId, keyId, methodPath, durationUs: 42 });
    await store.decide(decideCommand({ environmentId, clientId, eventId, verdict, event }));
    decided.add(clientId, verdict);
  };
  return { request, decided, shards: [...new Set(clients.map(shardOf))] };
}

describeRedisBackends('relays that die, stand still and take over while an outbox collapses', (backend) => {
  it.each(seeds)('count every decision once (seed %i)', { timeout: 60_000 }, async (seed) => {
    const random = randomOf(seed);
    const url = await backend.url();
    await using shards = await openShards(url);
    await using accounts = await openOutboxAccounts(await urlFor(url, 'admin-api'));
    const { outbox } = shards;
    const { request, decided, shards: owned } = await requesting(shards, random);
    const [log, fate] = [new LogTwin(), new Fate(random)];
    const relays = [0, 1, 2].map(() => newRelay({ outbox, log, fate, owned }));
    let owner = relays[0];

    const takeOver = async () => {
      if (owner) await outbox.release(owner.name, owned); // as a lease that ran out
      owner = relays[Math.floor(random() * relays.length)];
      await outbox.claim(owner?.name ?? '', owned, 600_000);
    };
    const act = (relay: Relay, what: 'moving' | 'collapsing', work: () => Promise<unknown>) => {
      relay[what] ??= work()
        .catch(() => undefined)
        .finally(() => {
          relay[what] = undefined;
        });
    };

    await takeOver();
    for (let step = 0; step < steps; step += 1) {
      const relay = random() < 0.8 && owner ? owner : relays[Math.floor(random() * relays.length)];
      const chance = random();
      if (chance < 0.35) for (let i = 0; i < 8; i++) await request();
      else if (chance < 0.55 && relay) act(relay, 'moving', () => relay.mover.moveOnce());
      else if (chance < 0.75 && relay) act(relay, 'collapsing', () => relay.collapser.collapseOnce());
      else if (chance < 0.85) await takeOver();
      else fate.resume(2);
    }
    fate.isKind = true;
    fate.resume(Number.POSITIVE_INFINITY);
    await Promise.all(relays.flatMap(({ moving, collapsing }) => [moving, collapsing]));
    await takeOver();
    const last = owner;
    while (last && (await last.mover.moveOnce()) > 0);

    expect(await outboxEntries(outbox)).toEqual([]);
    expect(Tally.of(log.kept.values())).toEqual(decided.counts);
    const summed = [...log.kept.values()].filter(({ type }) => type === usageSummaryType);
    expect(summed.length).toBeGreaterThan(0);
    const account = await accounts.read();
    const [added, collapsed] = [sum(account.map((of) => of.added)), sum(account.map((of) => of.collapsed))];
    expect(added).toBe(log.kept.size + collapsed);
  });
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
