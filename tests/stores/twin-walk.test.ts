import { decisionIn } from '@keyward/contract/pipeline-event';
import type { Verdict } from '@keyward/contract/verdict';
import { newId } from '@keyward/kit/random';
import type { DecideAnswer, DecideCommand } from '@keyward/stores/ports/decision-store';
import { allShards, shardOf } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { type Draw, pick, seeded } from './seeded.ts';
import {
  decideCommand,
  environmentRecord,
  keyRecord,
  openShards,
  type ShardsUnderTest,
  serverKeyRecord,
} from './shards-under-test.ts';

const steps = 5_000;
const seed = Number(process.env.WALK_SEED ?? 20_261_120);

describeRedisBackends('the memory twin of the shards', (backend) => {
  it('is one state for all who open its URL, and none for others', async () => {
    const url = await backend.url();
    await using one = await openShards(url);
    await using two = await openShards(url);
    await using foreign = await openShards(await backend.url());
    const record = environmentRecord();
    await one.projection.putEnvironment(record);
    expect(await two.store.readEnvironment(record.environmentId)).toEqual(record);
    expect(await foreign.store.readEnvironment(record.environmentId)).toBeUndefined();
  });

  if (backend.name === 'memory') return;
  it('answers as this backend does, over a long random history, and leaves the same events', async () => {
    await using real = await openShards(await backend.url());
    await using twin = await openShards(`memory:twin-${newId()}`);
    const walk = new Walk(seeded(seed));
    for (let step = 0; step < steps; step++) {
      const { name, run } = walk.next();
      const [answer, twinAnswer] = [await run(real), await run(twin)];
      expect(twinAnswer, `seed ${seed}, step ${step}: ${name}`).toEqual(answer);
      walk.learn(name, answer);
    }
    const came = [...walk.outcomes].map(([name, count]) => `${name} ${count}`).join(', ');
    process.stdout.write(`walk on ${backend.name}, seed ${seed}, ${steps} steps: ${came}\n`);
    for (const outcome of outcomes) expect(walk.outcomes.get(outcome) ?? 0, outcome).toBeGreaterThanOrEqual(20);
    for (const shard of allShards) expect(await events(twin, shard)).toEqual(await events(real, shard));
  });
});

const outcomes = [
  'ALLOWED',
  'REVOKED',
  'STALE_REQUEST',
  'REPLAYED',
  'answered before',
  'replay answered before',
  'stale client',
  'stale environment',
  'incomplete',
  'write',
  'key found',
  'key unknown',
  'no environment version',
  'server key found',
  'server key unknown',
  'environment found',
  'environment unknown',
] as const;
type Outcome = (typeof outcomes)[number];

/** An outbox's events in order, but for the time, which is each store's own. */
async function events({ outbox }: ShardsUnderTest, shard: number): Promise<unknown[]> {
  const entries = await outbox.read([shard], steps);
  return entries.map(({ event }) => {
    const { decidedAtMs: _, ...decision } = decisionIn(event);
    return decision;
  });
}

interface Step {
  name: string;
  run(shards: ShardsUnderTest): Promise<unknown>;
}

/** Draws the steps of a history: a few environments, clients and keys, so that they meet each other often. */
class Walk {
  readonly outcomes = new Map<Outcome, number>();
  readonly #draw: Draw;
  readonly #environments: readonly string[];
  readonly #clients: readonly string[];
  readonly #sent: DecideCommand[] = [];
  readonly #answered = new Set<string>();
  /** Grows slowly, so that versions around it are older, equal and newer than what is stored. */
  #version = 5;
  #marked = false;
  #last: DecideCommand | undefined;

  constructor(draw: Draw) {
    this.#draw = draw;
    this.#environments = Array.from({ length: 4 }, () => drawId(draw));
    this.#clients = [...clientsOfOneShard(draw, 3), ...Array.from({ length: 5 }, () => drawId(draw))];
  }

  next(): Step {
    this.#last = undefined;
    if (this.#draw(40) === 0) this.#version += 1;
    const kind = this.#draw(100);
    if (kind < 8) return this.#putKey();
    if (kind < 12) return this.#putServerKey();
    if (kind < 16) return this.#putEnvironment();
    if (kind < 22) return this.#putVersion();
    if (kind < 40) return this.#read();
    return this.#decide();
  }

  learn(name: string, answer: unknown): void {
    const outcome = this.#last ? this.#decided(this.#last, answer as DecideAnswer) : outcomeOf(name, answer);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  #decided(command: DecideCommand, answer: DecideAnswer): Outcome {
    if (answer.kind === 'incomplete' || answer.kind === 'predates') return 'incomplete';
    if (answer.kind === 'stale') return `stale ${answer.subject}`;
    const request = `${shardOf(command.clientId)} ${command.eventId} ${answer.verdict}`;
    const before = this.#answered.has(request);
    this.#answered.add(request);
    if (before) return answer.verdict === 'REPLAYED' ? 'replay answered before' : 'answered before';
    return answer.verdict as Outcome; // the walk draws no other verdicts
  }

  #around(): number {
    return this.#version - 2 + this.#draw(4);
  }

  #putKey(): Step {
    const environmentId = pick(this.#draw, this.#environments);
    const digest = `digest ${this.#draw(8)}`;
    const record = keyRecord({ version: this.#around(), status: pick(this.#draw, ['active', 'revoked', 'deleted']) });
    return { name: 'write', run: ({ projection }) => projection.putKeys(environmentId, [{ digest, record }]) };
  }

  #putServerKey(): Step {
    const digest = `server ${this.#draw(8)}`;
    const record = serverKeyRecord({ version: this.#around(), environmentId: pick(this.#draw, this.#environments) });
    return { name: 'write', run: ({ projection }) => projection.putServerKeys([{ digest, record }]) };
  }

  #putEnvironment(): Step {
    const environmentId = pick(this.#draw, this.#environments);
    const record = environmentRecord({ version: this.#around(), environmentId, projectEnv: `env ${this.#draw(99)}` });
    return { name: 'write', run: ({ projection }) => projection.putEnvironment(record) };
  }

  /** The last environment and the last client never get a version; the marks come late. */
  #putVersion(): Step {
    const version = this.#around();
    if (!this.#marked && this.#draw(12) === 0) {
      this.#marked = true;
      return {
        name: 'write',
        run: async ({ projection }) => void (await projection.completeRebuild(await projection.beginRebuild())),
      };
    }
    if (this.#draw(2) === 0) {
      const environmentId = pick(this.#draw, this.#environments.slice(0, -1));
      return { name: 'write', run: ({ projection }) => projection.putEnvironmentVersion(environmentId, version) };
    }
    const clientId = pick(this.#draw, this.#clients.slice(0, -1));
    return { name: 'write', run: ({ projection }) => projection.putClientVersion(clientId, version) };
  }

  #read(): Step {
    const environmentId = pick(this.#draw, [...this.#environments, newId()]);
    const number = this.#draw(10);
    switch (this.#draw(4)) {
      case 0:
        return { name: 'server key', run: ({ store }) => store.readServerKey(`server ${number}`) };
      case 1:
        return { name: 'environment', run: async ({ store }) => (await store.readEnvironment(environmentId)) ?? null };
      case 2:
        return {
          name: 'version',
          run: async ({ store }) => (await store.readEnvironmentVersion(environmentId)) ?? null,
        };
      default:
        return { name: 'key', run: ({ store }) => store.readKey(environmentId, `digest ${number}`) };
    }
  }

  #decide(): Step {
    const command = this.#draw(4) === 0 && this.#sent.length > 0 ? this.#retry() : this.#request();
    this.#sent.push(command);
    this.#last = command;
    return { name: JSON.stringify(command), run: ({ store }) => store.decide(command) };
  }

  /** A request of before, with whatever has changed meanwhile. */
  #retry(): DecideCommand {
    const sent = pick(this.#draw, this.#sent.slice(-60));
    return this.#draw(2) === 0 ? sent : { ...sent, clientVersion: this.#around(), verdict: 'REVOKED' };
  }

  #request(): DecideCommand {
    const verdict: Verdict = this.#draw(4) === 0 ? 'REVOKED' : 'ALLOWED';
    const offsetMs = this.#draw(8) === 0 ? pick(this.#draw, [-1e9, -310_000, 310_000, 1e9]) : this.#draw(200_000);
    return decideCommand({
      environmentId: pick(this.#draw, this.#environments),
      clientId: pick(this.#draw, this.#clients),
      environmentVersion: this.#version + 1 - this.#draw(3),
      clientVersion: this.#version + 1 - this.#draw(4),
      replayId: this.#replayId(),
      requestedAtMs: Date.now() + offsetMs,
      verdict,
    });
  }

  #replayId(): string | undefined {
    const kind = this.#draw(6);
    if (kind < 2) return undefined;
    const known = this.#sent.slice(-40).map((command) => command.replayId ?? command.eventId);
    return kind < 4 && known.length > 0 ? pick(this.#draw, known) : newId();
  }
}

const drawId = (draw: Draw) =>
  `00000000-0000-7000-8000-${draw(2 ** 32)
    .toString(16)
    .padStart(12, '0')}`;

/** Their requests' entries lie side by side. */
function clientsOfOneShard(draw: Draw, count: number): string[] {
  const first = drawId(draw);
  const clients = [first];
  while (clients.length < count) {
    const id = drawId(draw);
    if (shardOf(id) === shardOf(first)) clients.push(id);
  }
  return clients;
}

function outcomeOf(name: string, answer: unknown): Outcome {
  const found = answer as { record?: unknown; environmentVersion?: number } | null | undefined;
  switch (name) {
    case 'server key':
      return found?.record ? 'server key found' : 'server key unknown';
    case 'environment':
    case 'version':
      return answer === null ? 'environment unknown' : 'environment found';
    case 'key':
      if (found?.environmentVersion === undefined) return 'no environment version';
      return found.record ? 'key found' : 'key unknown';
    default:
      return 'write';
  }
}
