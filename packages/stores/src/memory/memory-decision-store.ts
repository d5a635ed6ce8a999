import type { EnvironmentRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';
import { admit } from '@keyward/decision/limits';
import { readOutboxEvent } from '../outbox-entry.ts';
import type {
  DecideAnswer,
  DecideCommand,
  Decided,
  DecisionStore,
  KeyLookup,
  ServerKeyLookup,
} from '../ports/decision-store.ts';
import { entryTtl } from '../request-entry.ts';
import { shardOf } from '../shards.ts';
import { type MemoryShards, memoryShards } from './memory-shards.ts';

const replayed = { kind: 'decided', verdict: 'REPLAYED' } as const;

/** The twin of decide.5.lua and its reads, on the same rules in the same order. */
export class MemoryDecisionStore implements DecisionStore {
  readonly #shards: MemoryShards;
  readonly #close: () => Promise<void>;

  constructor(shards: MemoryShards, close: () => Promise<void> = async () => undefined) {
    this.#shards = shards;
    this.#close = close;
  }

  static async open(url: string): Promise<MemoryDecisionStore> {
    const shared = await memoryShards.acquire(url);
    return new MemoryDecisionStore(shared.instance, () => shared[Symbol.asyncDispose]());
  }

  async readServerKey(digest: string): Promise<ServerKeyLookup> {
    return { complete: this.#shards.projected, record: this.#shards.serverKeys.get(digest) };
  }

  async readEnvironment(environmentId: string): Promise<EnvironmentRecord | undefined> {
    return this.#shards.environments.get(environmentId);
  }

  async readEnvironmentVersion(environmentId: string): Promise<number | undefined> {
    return this.#shards.environmentVersions.get(environmentId);
  }

  async readKey(environmentId: string, digest: string): Promise<KeyLookup> {
    return {
      environmentVersion: this.#shards.projected ? this.#shards.environmentVersions.get(environmentId) : undefined,
      record: this.#shards.keys.get(`${environmentId}:${digest}`),
    };
  }

  async decide(command: DecideCommand): Promise<DecideAnswer> {
    const { clientId, eventId } = command;
    const entryId = command.replayId ?? eventId;
    const answered = this.#shards.entry(clientId, entryId);
    if (answered?.eventId === eventId) return answered.answer;
    if (answered) return this.#refuseReplay(command);

    const environmentVersion = this.#shards.environmentVersions.get(command.environmentId);
    const clientVersion = this.#shards.clientVersions.get(clientId);
    if (environmentVersion === undefined || clientVersion === undefined) return { kind: 'incomplete' };
    if (environmentVersion > command.environmentVersion)
      return { kind: 'stale', subject: 'environment', version: environmentVersion };
    if (clientVersion > command.clientVersion) return { kind: 'stale', subject: 'client', version: clientVersion };

    const nowMs = this.#shards.clock.nowMs();
    const outOfTime = Math.abs(nowMs - command.requestedAtMs) > command.toleranceMs;
    const verdict = command.verdict === 'ALLOWED' && outOfTime ? 'STALE_REQUEST' : command.verdict;
    const answer = verdict === 'ALLOWED' ? this.#limited(command, nowMs) : ({ kind: 'decided', verdict } as const);
    const life = command.requestedAtMs + (command.replayId === undefined ? 0 : entryTtl.afterTimestampMs) - nowMs;
    const expiresAtMs = nowMs + Math.min(Math.max(life, entryTtl.atLeastMs), entryTtl.atMostMs);
    this.#shards.keepEntry(clientId, entryId, { eventId, answer, expiresAtMs });
    this.#recordEvent(command, answer.verdict, nowMs);
    return answer;
  }

  async ready(): Promise<boolean> {
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  #refuseReplay(command: DecideCommand): DecideAnswer {
    const { clientId, eventId } = command;
    const nowMs = this.#shards.clock.nowMs();
    if (!this.#shards.entry(clientId, eventId)) {
      this.#shards.keepEntry(clientId, eventId, {
        eventId,
        answer: replayed,
        expiresAtMs: nowMs + entryTtl.atLeastMs,
      });
      this.#recordEvent(command, 'REPLAYED', nowMs);
    }
    return replayed;
  }

  /** What the rules allowed, by the limits: admitted and counted, or refused and not. */
  #limited({ clientId, keyFamilyId, keyLimits, clientLimits, cost }: DecideCommand, nowMs: number): Decided {
    const { keyTotals, clientTotals } = this.#shards;
    const key = { subject: 'key', totals: keyTotals.get(keyFamilyId), limits: keyLimits } as const;
    const client = { subject: 'client', totals: clientTotals.get(clientId), limits: clientLimits } as const;
    const { totals, statuses, exceeded } = admit([key, client], cost, nowMs);
    const [ofKey, ofClient] = totals;
    if (!exceeded && cost > 0 && ofKey && ofClient) {
      keyTotals.set(keyFamilyId, ofKey);
      clientTotals.set(clientId, ofClient);
    }
    const limits = statuses.length > 0 ? { limits: statuses } : {};
    return exceeded
      ? { kind: 'decided', verdict: 'RATE_LIMITED', ...limits, exceeded }
      : { kind: 'decided', verdict: 'ALLOWED', ...limits };
  }

  #recordEvent(command: DecideCommand, verdict: Verdict, nowMs: number): void {
    const shard = shardOf(command.clientId);
    const position = `${nowMs}-${this.#shards.nextSequence()}`;
    this.#shards.outboxes[shard]?.push({ shard, position, event: readOutboxEvent(command.event, verdict, nowMs) });
  }
}
