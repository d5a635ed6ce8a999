import type { ClientRecord, EnvironmentRecord, TenantRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';
import { grant, isLiving, type Spent, spendBudget } from '@keyward/decision/environment-cap';
import { admit, hasLimits, type LimitedSubject } from '@keyward/decision/limits';
import { readOutboxEvent } from '../outbox-entry.ts';
import type {
  DecideAnswer,
  DecideCommand,
  DecisionStore,
  KeyLookup,
  KeyUses,
  Lookup,
  NewClient,
  NewClientAnswer,
  RefusalBatch,
  ServerKeyLookup,
  UnknownAnswer,
  UnknownKey,
} from '../ports/decision-store.ts';
import { newClientCounters } from '../refusal-counters.ts';
import { entryTtl } from '../request-entry.ts';
import { shardOf } from '../shards.ts';
import { type MemoryShards, memoryShards } from './memory-shards.ts';

type CapAnswer = Exclude<Spent, { kind: 'ask' }> | { kind: 'incomplete' };

const replayed = { kind: 'decided', verdict: 'REPLAYED' } as const;

/** The twin of decide.6.lua, grant.2.lua and the reads, on the same rules in the same order. */
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

  async readKey(environmentId: string, digest: string, wider: readonly string[] = []): Promise<KeyLookup> {
    const records = [environmentId, ...wider].map((within) => this.#shards.keys.get(`${within}:${digest}`));
    return this.#lookUp(
      environmentId,
      records.find((record) => record !== undefined),
    );
  }

  async readClient(environmentId: string, clientId: string): Promise<Lookup<ClientRecord>> {
    return this.#lookUp(environmentId, this.#shards.clients.get(`${environmentId}:${clientId}`));
  }

  async readTenant(environmentId: string, digest: string): Promise<Lookup<TenantRecord>> {
    return this.#lookUp(environmentId, this.#shards.tenants.get(`${environmentId}:${digest}`));
  }

  async refuseUnknown({ environmentId, environmentVersion, digest, code }: UnknownKey): Promise<UnknownAnswer> {
    const refused = this.#outOfDate(environmentId, environmentVersion);
    if (refused) return refused;
    if (this.#shards.keys.has(`${environmentId}:${digest}`)) return { kind: 'known' };
    this.#shards.countRefusals(shardOf(digest), { environmentId, code, count: 1 });
    return { kind: 'counted' };
  }

  async countRefusals({ sender, number, environmentId, counts }: RefusalBatch): Promise<void> {
    const { refusalBatches } = this.#shards;
    const sent = `${environmentId}:${sender}`;
    if ((refusalBatches.get(sent) ?? 0) >= number) return;
    refusalBatches.set(sent, number);
    for (const [code, count] of counts) {
      this.#shards.countRefusals(shardOf(environmentId), { environmentId, code, count });
    }
  }

  async admitClient({ environmentId, environmentVersion, clientId, perDay }: NewClient): Promise<NewClientAnswer> {
    const refused = this.#outOfDate(environmentId, environmentVersion);
    if (refused) return refused;
    const today = `${environmentId}:${newClientCounters.dayOf(this.#shards.clock.nowMs())}`;
    const known = this.#shards.newClients.get(today) ?? new Set<string>();
    if (!known.has(clientId) && known.size >= perDay) return { kind: 'full' };
    this.#shards.newClients.set(today, known.add(clientId));
    return { kind: 'admitted' };
  }

  async decide(command: DecideCommand): Promise<DecideAnswer> {
    const { clientId, eventId } = command;
    const entryId = command.replayId ?? eventId;
    const answered = this.#shards.entry(clientId, entryId);
    if (answered?.eventId === eventId) return answered.answer;
    const environmentVersion = this.#shards.environmentVersions.get(command.environmentId);
    if (answered) return this.#refuseReplay(command, environmentVersion);
    const isNew = command.clientVersion === 0;
    const clientVersion = this.#shards.clientVersions.get(clientId) ?? (isNew ? 0 : undefined);
    if (environmentVersion === undefined || clientVersion === undefined) return { kind: 'incomplete' };
    if (environmentVersion > command.environmentVersion)
      return { kind: 'stale', subject: 'environment', version: environmentVersion };
    if (clientVersion > command.clientVersion) return { kind: 'stale', subject: 'client', version: clientVersion };
    // The shard was written anew since: the entries of older requests may be lost.
    const sinceMs = this.#shards.environmentSince.get(command.environmentId) ?? 0;
    if (command.replayId !== undefined && command.requestedAtMs < sinceMs) return { kind: 'predates' };

    const nowMs = this.#shards.clock.nowMs();
    const outOfTime = Math.abs(nowMs - command.requestedAtMs) > command.toleranceMs;
    const verdict = command.verdict === 'ALLOWED' && outOfTime ? 'STALE_REQUEST' : command.verdict;
    const made = verdict === 'ALLOWED' ? this.#limited(command, nowMs) : ({ kind: 'decided', verdict } as const);
    if (made.kind !== 'decided') return made;
    const answer = { ...made, ...this.#used(command, made.verdict, nowMs) };
    const life = command.requestedAtMs + (command.replayId === undefined ? 0 : entryTtl.afterTimestampMs) - nowMs;
    const expiresAtMs = nowMs + Math.min(Math.max(life, entryTtl.atLeastMs), entryTtl.atMostMs);
    this.#shards.keepEntry(clientId, entryId, { eventId, answer, expiresAtMs });
    this.#recordEvent(command, answer.verdict, nowMs);
    return answer;
  }

  #lookUp<T>(environmentId: string, record: T | undefined): Lookup<T> {
    const environmentVersion = this.#shards.projected ? this.#shards.environmentVersions.get(environmentId) : undefined;
    return { environmentVersion, record };
  }

  #outOfDate(environmentId: string, held: number): Exclude<UnknownAnswer, { kind: 'counted' | 'known' }> | undefined {
    const { environmentVersion } = this.#lookUp(environmentId, undefined);
    if (environmentVersion === undefined) return { kind: 'incomplete' };
    return environmentVersion > held
      ? { kind: 'stale', subject: 'environment', version: environmentVersion }
      : undefined;
  }

  async probe(): Promise<boolean> {
    return this.#shards.projected;
  }

  async ready(): Promise<boolean> {
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  #refuseReplay(command: DecideCommand, environmentVersion = 0): DecideAnswer {
    const { clientId, eventId } = command;
    const nowMs = this.#shards.clock.nowMs();
    if (!this.#shards.entry(clientId, eventId)) {
      if (environmentVersion > command.environmentVersion)
        return { kind: 'stale', subject: 'environment', version: environmentVersion };
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
  #limited(command: DecideCommand, nowMs: number): DecideAnswer {
    const { clientId, keyFamilyId, cost } = command;
    const { keyTotals, clientTotals, unseededClients } = this.#shards;
    const subjects: LimitedSubject[] = [
      { subject: 'client', totals: clientTotals.get(clientId), limits: command.clientLimits },
    ];
    if (keyFamilyId !== undefined)
      subjects.unshift({ subject: 'key', totals: keyTotals.get(keyFamilyId), limits: command.keyLimits });
    const admitted = admit(subjects, cost, nowMs);
    if (unseededClients.has(clientId) && admitted.statuses.length > 0) return { kind: 'incomplete' };
    const isCapped = !admitted.exceeded && cost > 0 && hasLimits(command.environmentLimits);
    const capped = isCapped ? this.#spend(command, nowMs) : undefined;
    if (capped?.kind === 'incomplete') return { kind: 'incomplete' };
    const exceeded = capped?.kind === 'exceeded' ? capped.exceeded : admitted.exceeded;
    const { statuses } = exceeded ? admit(subjects, 0, nowMs) : admitted;
    if (!exceeded && cost > 0 && !unseededClients.has(clientId)) {
      const [ofClient, ofKey] = admitted.totals.toReversed();
      if (ofClient) clientTotals.set(clientId, ofClient);
      if (ofKey && keyFamilyId !== undefined) keyTotals.set(keyFamilyId, ofKey);
    }
    const limits = statuses.length > 0 ? { limits: statuses } : {};
    return exceeded
      ? { kind: 'decided', verdict: 'RATE_LIMITED', ...limits, exceeded }
      : { kind: 'decided', verdict: 'ALLOWED', ...limits };
  }

  /** Counts a use of the key, and tells how many there were, if that is known. */
  #used(command: DecideCommand, verdict: Verdict, nowMs: number): { uses?: KeyUses } {
    const { clientId, keyFamilyId, isUse, tellsUses } = command;
    const { keyUses, unseededClients } = this.#shards;
    if (keyFamilyId === undefined) return {};
    const kept = keyUses.get(keyFamilyId) ?? { since: 0, lastAtMs: 0, before: 0 };
    const isUsed = isUse && verdict === 'ALLOWED';
    const uses = isUsed ? { ...kept, since: kept.since + 1, lastAtMs: Math.max(kept.lastAtMs, nowMs) } : kept;
    if (isUsed) keyUses.set(keyFamilyId, uses);
    if (!tellsUses || unseededClients.has(clientId)) return {};
    const count = uses.since + uses.before;
    return { uses: uses.lastAtMs === 0 ? { count } : { count, lastAtMs: uses.lastAtMs } };
  }

  /** Spends the cost from the shard's budget, with a grant of the environment's totals when it does not suffice. */
  #spend(command: DecideCommand, nowMs: number): CapAnswer {
    const { clientId, environmentId, environmentVersion: version, environmentLimits: limits, cost } = command;
    const before = this.#shards.budget(clientId, environmentId);
    let spent = spendBudget(before, { cost, version, answer: undefined, nowMs });
    if (spent.kind === 'ask') {
      const isOver = before && !isLiving(before, version, nowMs);
      if (isOver) this.#shards.keepBudget(clientId, environmentId, undefined);
      const environment = this.#shards.environmentTotals.get(environmentId);
      if (!environment) return { kind: 'incomplete' };
      const answer = grant(environment, { shard: shardOf(clientId), cost, limits, unspent: spent.unspent }, nowMs);
      const left = isOver ? undefined : before;
      spent = spendBudget(left, { cost, version, answer, nowMs });
    }
    if (spent.kind === 'ask') throw new Error('a grant does not cover what it was asked for');
    if (spent.budget) this.#shards.keepBudget(clientId, environmentId, spent.budget);
    return spent;
  }

  #recordEvent(command: DecideCommand, verdict: Verdict, nowMs: number): void {
    const event = readOutboxEvent(command.event, { verdict, decidedAtMs: nowMs });
    this.#shards.outbox(shardOf(command.clientId)).add(event, nowMs);
  }
}
