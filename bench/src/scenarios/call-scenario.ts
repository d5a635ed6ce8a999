import type { Verdict } from '@keyward/contract/verdict';
import type { CallPlan, Carrier } from '../load/call-plan.ts';
import { type Round, summaryOf } from '../report/summary.ts';
import { callerIp } from '../stack/environment.ts';
import { residentMb } from '../stack/resident-memory.ts';
import { askEcho, askKeyward, type CallsAtOnce } from './ask.ts';
import type { KeyRing } from './key-rings.ts';
import { onOwnHotPath } from './own-hot-path.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';

/** Calls of one kind, over so many connections. */
export interface CallKind {
  carrier: Carrier;
  asks: CallPlan['asks'];
  keys: KeyRing;
  ip: string;
  clients: number;
  /** What each of them has to be told: another verdict would be another measurement. */
  verdict: Verdict;
  connections: number;
  /** Which share of the calls that are asked for. */
  share: number;
  /** Sent at this share of what was answered in a second before; without it, as fast as answers come. */
  pace?: number;
  /** Is an admission measured beside it, to be held against? */
  beside?: 'an admission';
}

export const admission: CallKind = {
  ...{ carrier: 'session', asks: 'validate', keys: 'plenty', ip: callerIp, clients: 1_000, verdict: 'ALLOWED' },
  ...{ connections: 64, share: 1 },
};

interface Told extends Partial<CallKind> {
  relay?: Scenario['relay'];
  /** What a gateway and a validator hold of memory is that of all that they were asked, unless they are new. */
  hotPath?: 'shared' | 'of its own';
}

/** Like an admission, but for what is told. */
export function callScenario(name: string, what: string, { relay = 'is held', hotPath, ...told }: Told = {}): Scenario {
  const run = (bench: Bench) => measure(bench, { kind: { ...admission, ...told }, relay });
  return { name, what, relay, run: hotPath === 'of its own' ? (bench) => onOwnHotPath(bench, run) : run };
}

/** As many rounds as it takes until nothing gets faster any more: of echo, load and Keyward. */
const roundsUntilWarm = 8;

/** To be done once, before anything is measured. */
export async function warmUpAll(bench: Bench): Promise<void> {
  const calls = { count: bench.callsPerRound, relay: 'is held' } as const;
  for (let i = 0; i < roundsUntilWarm; i += 1) {
    const round = await runRound(bench, { kind: admission, calls, from: 0 }, 'echo first');
    bench.progress(`  ${toldOf(round)}`);
  }
}

interface Asked {
  kind: CallKind;
  relay: Scenario['relay'];
}

/** Sends the very same calls to a bare echo and to Keyward, by turns, so that what else the machine does meets both alike. */
async function measure(bench: Bench, { kind, relay }: Asked): Promise<Measurement> {
  const { rounds, progress } = bench;
  const { gateway, validator, redis } = bench.installation.pids;
  const count = Math.ceil(bench.callsPerRound * kind.share);
  await warmUp(bench, kind, { count, relay });
  const pace = kind.pace && { perSecond: kind.pace * (await saturation(bench, kind, { count, relay })) };
  const done: Round[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const turn = { kind, calls: { count, relay, ...pace }, from: i * count };
    done.push(await runRound(bench, turn, i % 2 === 0 ? 'echo first' : 'echo last'));
    progress(`  ${i + 1}/${rounds}  ${toldOf(done[i])}`);
  }
  return summaryOf({
    rounds: done,
    clients: kind.clients,
    connections: kind.connections,
    residentMb: { gateway: residentMb(gateway), validator: residentMb(validator), redis: residentMb(redis) },
    notes: pace ? [`${Math.round(pace.perSecond)} calls/s`] : [],
  });
}

type Calls = Pick<CallsAtOnce, 'count' | 'relay' | 'perSecond'>;

/** Each key was used before, and what answers is compiled. */
async function warmUp(bench: Bench, kind: CallKind, calls: Calls): Promise<void> {
  const count = Math.max(calls.count, kind.clients);
  await bench.load.make(await planOf(bench, kind, { count, from: 0 }), count);
  await askEcho(bench, { ...calls, count, connections: kind.connections });
  await askKeyward(bench, { ...calls, count, connections: kind.connections });
}

/** How many calls a second are answered at most. */
async function saturation(bench: Bench, kind: CallKind, calls: Calls): Promise<number> {
  await bench.load.make(await planOf(bench, kind, { count: calls.count, from: 0 }), calls.count);
  return (await askKeyward(bench, { ...calls, connections: kind.connections, verdict: kind.verdict })).perSecond;
}

interface Turn {
  kind: CallKind;
  calls: Calls;
  from: number;
}

async function runRound(bench: Bench, { kind, calls, from }: Turn, order: 'echo first' | 'echo last'): Promise<Round> {
  const { connections, verdict } = kind;
  const { count } = calls;
  await bench.load.make(await planOf(bench, kind, { count, from }), count);
  const asking = { ...calls, connections };
  const before = order === 'echo first' ? await askEcho(bench, asking) : undefined;
  const keyward = await askKeyward(bench, { ...asking, verdict });
  const echo = before ?? (await askEcho(bench, asking));
  if (!kind.beside) return { echo, keyward };
  await bench.load.make(await planOf(bench, admission, { count, from }), count);
  return { echo, keyward, admission: await askKeyward(bench, { ...asking, verdict: admission.verdict }) };
}

/** The keys of clients go on in turn, where the round before has ended. */
async function planOf(
  { installation, keys }: Bench,
  { carrier, asks, keys: ring, clients, ip }: CallKind,
  { count, from }: { count: number; from: number },
): Promise<CallPlan> {
  const { serverKey, recipient } = installation.environment;
  const isOfClients = ring === 'plenty' || ring === 'used up';
  const taken = await keys.take(ring, isOfClients ? clients : count);
  const begun = from % taken.length;
  return { carrier, asks, keys: [...taken.slice(begun), ...taken.slice(0, begun)], ip, serverKey, recipient };
}

function toldOf(round: Round | undefined): string {
  if (!round) return '';
  const { echo, keyward } = round;
  const costs = Object.entries(keyward.cpuUs).map(([name, us]) => `${name} ${us.toFixed(1)}`);
  return `echo ${(echo.cpuUs.echo ?? 0).toFixed(1)} (${Math.round(echo.perSecond)}/s) · ${costs.join(' · ')} µs   ${Math.round(keyward.perSecond)}/s, p99 ${keyward.p99Ms.toFixed(1)} ms`;
}
