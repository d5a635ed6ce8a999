import type { ExceededLimit, LimitStatus, Limits, Subject, WindowName } from '@keyward/contract/limits';
import { isVerdict } from '@keyward/contract/verdict';
import type { Unspent } from '@keyward/decision/environment-cap';
import { subjectWindows } from '@keyward/decision/limits';
import { type Clock, systemClock } from '@keyward/kit/clock';
import type { DecideAnswer, DecideCommand, KeyUses } from '../ports/decision-store.ts';
import { entryTtl } from '../request-entry.ts';
import { shardOf } from '../shards.ts';
import { StoreAway } from '../store-away.ts';
import { defineConfirmedScript, type ShardScript } from './confirmed-script.ts';
import { installationOf, type RedisConnection } from './connection.ts';
import { clientFields, redisKeys } from './keys.ts';
import { ServerClock } from './server-clock.ts';

export interface DecisionScriptsOptions {
  /** A decision is not made when Redis comes to it so long after it was asked for, for the caller has given up, ms. */
  giveUpMs?: number;
  /** Only tests give one: the scripts then take it for Redis' own time. */
  testClock?: Clock;
}

/** decide.6.lua and grant.2.lua as functions: their words for our values, and back. */
export class DecisionScripts {
  readonly #decide: ShardScript;
  readonly #grant: ShardScript;
  readonly #giveBack: ShardScript;
  readonly #time: ShardScript;
  readonly #serverClock = new ServerClock(systemClock);
  readonly #giveUpMs: number | undefined;

  constructor(redis: RedisConnection, url: string, { giveUpMs, testClock }: DecisionScriptsOptions) {
    this.#giveUpMs = giveUpMs;
    const build = testClock ? { build: clockFromArguments } : {};
    const script = (name: string): ShardScript => {
      const defined = defineConfirmedScript(redis, { name, installation: installationOf(url), ...build });
      return testClock ? (shard, keys, args) => defined(shard, keys, [...args, testClock.nowMs()]) : defined;
    };
    this.#decide = script('decide.6');
    this.#grant = script('grant.2');
    this.#giveBack = defineConfirmedScript(redis, { name: 'give-back.1', installation: installationOf(url) });
    this.#time = defineConfirmedScript(redis, { name: 'time.0', installation: installationOf(url) });
  }

  /**
   * When a decision in that shard that is asked for now is to be made at the latest, by the shard's clock, ms.
   * @throws {StoreAway} when that time has passed before the clock could be had.
   */
  async deadline(shard: number): Promise<number | undefined> {
    const giveUpMs = this.#giveUpMs;
    if (giveUpMs === undefined) return undefined;
    const startedMs = this.#serverClock.monotonicMs();
    const known = this.#serverClock.at(shard, startedMs);
    if (known !== undefined) return known + giveUpMs;
    const shardMs = Number(await this.#time(shard, [], []));
    this.#serverClock.observe(shard, startedMs, shardMs);
    if (this.#serverClock.monotonicMs() - startedMs > giveUpMs)
      throw new StoreAway(new Error(tooLate(shard, giveUpMs)));
    return shardMs + giveUpMs;
  }

  /** `cap` is what decide.6.lua takes for it: nothing, `ask`, or what `ask` answered. */
  async decide(
    command: DecideCommand,
    { cap, deadlineMs }: { cap: string; deadlineMs: number | undefined },
  ): Promise<DecideAnswer | GrantQuestion> {
    const { environmentId, clientId, eventId } = command;
    const shard = shardOf(clientId);
    const sentMs = this.#serverClock.monotonicMs();
    const answer = await this.#decide(
      shard,
      [
        redisKeys.client(clientId),
        redisKeys.environmentVersion(shard, environmentId),
        redisKeys.entry(clientId, command.replayId ?? eventId),
        redisKeys.entry(clientId, eventId),
        redisKeys.outbox(shard),
        redisKeys.budget(shard, environmentId),
      ],
      [
        command.clientVersion,
        command.environmentVersion,
        eventId,
        command.verdict,
        command.requestedAtMs,
        command.toleranceMs,
        command.event,
        command.replayId === undefined ? 0 : entryTtl.afterTimestampMs,
        entryTtl.atLeastMs,
        entryTtl.atMostMs,
        command.cost,
        command.keyFamilyId === undefined ? '' : clientFields.keyTotals(command.keyFamilyId),
        ...limitWords('key', command.keyLimits),
        ...limitWords('client', command.clientLimits),
        cap,
        deadlineMs ?? '',
        ...usesWords(command),
      ],
    );
    const [kind, time, ...rest] = answer as string[]; // the script's own returns, stated in its header
    if (kind === 'late') {
      this.#serverClock.restart(shard, sentMs, Number(time));
      await this.#returnGrant(environmentId, cap);
      throw new StoreAway(new Error(tooLate(shard, this.#giveUpMs)));
    }
    this.#serverClock.observe(shard, sentMs, Number(time));
    const [, , , kept] = rest;
    if (kind !== 'grant' && kept !== '1') await this.#returnGrant(environmentId, cap);
    return readAnswer(kind, rest);
  }

  /**
   * Gives back what a decision brought along and did not spend: for want of that, a refusal would take of the cap. Never
   * after an error, for then it may have been spent; and a failure here is no reason to withhold the answer.
   */
  async #returnGrant(environmentId: string, cap: string): Promise<void> {
    const [kind, amount = '', , generation = '', grantedAtMs = ''] = cap.split('|');
    if (kind !== 'granted') return;
    const keys = [redisKeys.environmentTotals(environmentId)];
    await this.#giveBack(shardOf(environmentId), keys, [amount, generation, grantedAtMs]).catch(() => undefined);
  }

  /** What the environment's shard grants, as decide.6.lua takes it, or why the decision has to begin anew. */
  async ask(command: DecideCommand, unspent: Unspent): Promise<string | DecideAnswer> {
    const { environmentId, environmentVersion, environmentLimits, clientId, cost } = command;
    const home = shardOf(environmentId);
    const answer = await this.#grant(
      home,
      [redisKeys.environmentTotals(environmentId), redisKeys.environmentVersion(home, environmentId)],
      [
        environmentVersion,
        cost,
        shardOf(clientId),
        ...limitWords('environment', environmentLimits),
        unspent.left,
        unspent.generation,
        unspent.grantedAtMs,
      ],
    );
    const words = answer as string[]; // the script's own returns, stated in its header
    if (words[0] === 'incomplete') return { kind: 'incomplete' };
    if (words[0] === 'stale') return { kind: 'stale', subject: 'environment', version: Number(words[1]) };
    return words.join('|');
  }
}

function tooLate(shard: number, giveUpMs: number | undefined): string {
  return `shard ${shard} came to it after ${giveUpMs} ms`;
}

/** The scripts' test build: `now` is the last argument. */
function clockFromArguments(lua: string): string {
  const built = lua.replace(
    /local time = redis\.call\('TIME'\)\nlocal now = .*\n/,
    'local now = tonumber(ARGV[#ARGV])\n',
  );
  if (built === lua) throw new Error('a script does not read the time where its test build expects it');
  return built;
}

function limitWords(subject: Subject, limits: Limits): (number | string)[] {
  return subjectWindows[subject].map((window) => limits[window] ?? '');
}

function usesWords({ keyFamilyId, isUse, tellsUses }: DecideCommand): string[] {
  const isWanted = keyFamilyId !== undefined && (isUse || tellsUses);
  return [isWanted ? clientFields.keyUses(keyFamilyId) : '', isUse ? '1' : '', tellsUses ? '1' : ''];
}

export interface GrantQuestion {
  kind: 'grant';
  unspent: Unspent;
}

function readAnswer(kind: string | undefined, words: readonly string[]): DecideAnswer | GrantQuestion {
  const [first, second, third, , uses] = words;
  if (kind === 'decided' && first !== undefined && isVerdict(first))
    return { kind, verdict: first, ...readLimits(second), ...readExceeded(third), ...readUses(uses) };
  if (kind === 'stale' && (first === 'client' || first === 'environment'))
    return { kind, subject: first, version: Number(second) };
  if (kind === 'incomplete' || kind === 'predates') return { kind };
  if (kind === 'grant')
    return { kind, unspent: { left: Number(first), generation: second ?? '', grantedAtMs: Number(third) } };
  throw new Error(`decide.6.lua answered what its header does not know: ${String(kind)}`);
}

function readLimits(text: string | undefined): { limits?: LimitStatus[] } {
  if (!text) return {};
  const limits = text.split(',').map((status) => {
    const [subject, window, ...numbers] = status.split(':');
    const [limit = 0, remaining = 0, resetSeconds = 0, windowSeconds = 0] = numbers.map(Number);
    // The script writes only names of ours.
    return { subject: subject as Subject, window: window as WindowName, limit, remaining, resetSeconds, windowSeconds };
  });
  return { limits };
}

function readExceeded(text: string | undefined): { exceeded?: ExceededLimit } {
  if (!text) return {};
  const [subject, window, seconds] = text.split(':');
  const exceeded = { subject: subject as Subject, window: window as WindowName }; // names of ours, too
  return { exceeded: seconds ? { ...exceeded, retryAfterSeconds: Number(seconds) } : exceeded };
}

function readUses(text: string | undefined): { uses?: KeyUses } {
  if (!text) return {};
  const [count = 0, lastAtMs = 0] = text.split('|').map(Number);
  return { uses: lastAtMs === 0 ? { count } : { count, lastAtMs } };
}
