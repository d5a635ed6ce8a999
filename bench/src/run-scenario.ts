import { waitUntil } from '@keyward/tests/backends/wait-until';
import { callerIp, type Installation } from './installation.ts';
import type { CallPlan } from './load/call-plan.ts';
import type { Load } from './load/load.ts';
import { type Measured, measureCalls } from './measure-calls.ts';
import { readMetric } from './read-metric.ts';
import { residentMb } from './resident-memory.ts';
import type { Scenario } from './scenario.ts';
import type { ServerProcess } from './server-process.ts';

export interface Bench {
  installation: Installation;
  echo: ServerProcess;
  load: Load;
  /** Raw keys of so many clients. */
  keysOf: (clients: number) => Promise<readonly string[]>;
  rounds: number;
  callsPerRound: number;
  progress: (text: string) => void;
}

export interface Round {
  echo: Measured;
  keyward: Measured;
}

export interface ScenarioResult {
  scenario: Scenario;
  rounds: Round[];
  /** After the last round, MB. */
  residentMb: { gateway: number; validator: number; redis: number };
}

/** Sends the very same calls to a bare echo and to Keyward, by turns, so that what else the machine does meets both alike. */
export async function runScenario(bench: Bench, scenario: Scenario): Promise<ScenarioResult> {
  const { rounds, callsPerRound, progress } = bench;
  const { pids } = bench.installation;
  const plan = await planOf(bench, scenario);
  progress(`${scenario.name}: ${scenario.what}`);
  await runRound(bench, scenario, { plan, count: Math.max(callsPerRound / 4, 2 * scenario.clients) });
  const done: Round[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const echoFirst = i % 2 === 0;
    const round = await runRound(bench, scenario, { plan, count: callsPerRound, echoFirst });
    done.push(round);
    progress(`  ${i + 1}/${rounds}  ${toldOf(round)}`);
  }
  const { gateway, validator, redis } = pids;
  return {
    scenario,
    rounds: done,
    residentMb: { gateway: residentMb(gateway), validator: residentMb(validator), redis: residentMb(redis) },
  };
}

async function planOf({ installation, keysOf }: Bench, { calls, clients }: Scenario): Promise<CallPlan> {
  const { serverKey, recipient } = installation;
  return { ...calls, keys: await keysOf(clients), ip: callerIp, serverKey, recipient };
}

interface Turn {
  plan: CallPlan;
  count: number;
  echoFirst?: boolean;
}

async function runRound(bench: Bench, scenario: Scenario, { plan, count, echoFirst = true }: Turn): Promise<Round> {
  await bench.load.make(plan, count);
  if (echoFirst)
    return { echo: await askEcho(bench, scenario, count), keyward: await askKeyward(bench, scenario, count) };
  const keyward = await askKeyward(bench, scenario, count);
  return { echo: await askEcho(bench, scenario, count), keyward };
}

function askEcho({ echo, load }: Bench, { connections }: Scenario, count: number): Promise<Measured> {
  const sending = { origin: echo.url, connections, path: '/echo' };
  return measureCalls({ load, sending, count, pids: { echo: echo.pid } });
}

async function askKeyward({ installation, load }: Bench, scenario: Scenario, count: number): Promise<Measured> {
  const { connections, relay, verdict } = scenario;
  const { url, pids, relayHold, metricsUrls } = installation;
  const decided = () => readMetric(metricsUrls.validator, 'keyward_decisions_total', { verdict });
  const settle = relay === 'runs' ? () => untilCounted(installation) : undefined;
  const before = await decided();
  const measured = await measureCalls({
    load,
    sending: { origin: url, connections },
    count,
    pids: { ...pids },
    ...(settle && { settle }),
  });
  const told = (await decided()) - before;
  if (told !== count) throw new Error(`${told} of ${count} calls of ${scenario.name} were told ${verdict}`);
  if (relay === 'is held') await relayHold?.discard();
  return measured;
}

/** What a call leaves to do is done: its event is in Kafka, and is counted. */
async function untilCounted({ relayHold, metricsUrls: { validator, ingest } }: Installation): Promise<void> {
  await relayHold?.untilRelayed();
  const isCounted = async () =>
    (await readMetric(ingest, 'keyward_ingest_events_total')) >=
    (await readMetric(validator, 'keyward_relay_events_total'));
  await waitUntil(isCounted, { what: 'all events to be counted', timeoutMs: 120_000, everyMs: 100 });
}

function toldOf({ echo, keyward }: Round): string {
  const costs = Object.entries(keyward.cpuUs).map(([name, us]) => `${name} ${us.toFixed(1)}`);
  return `echo ${(echo.cpuUs.echo ?? 0).toFixed(1)} · ${costs.join(' · ')} µs   ${Math.round(keyward.perSecond)}/s, p99 ${keyward.p99Ms.toFixed(1)} ms`;
}
