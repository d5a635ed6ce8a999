import { median } from '../report/median.ts';
import { type Round, summaryOf } from '../report/summary.ts';
import { startEcho } from '../stack/echo-process.ts';
import { callerIp } from '../stack/environment.ts';
import { residentMb } from '../stack/resident-memory.ts';
import type { HotPath } from '../stack/start-hot-path.ts';
import { askEcho, askKeyward } from './ask.ts';
import { onOwnHotPath } from './own-hot-path.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';

const connections = 8;
const clients = 1_000;
const count = 1_000;

/** What the first calls after a start cost, beside an echo that has just started as well. */
export const coldStart: Scenario = {
  name: 'cold-start',
  what: `a new gateway and validator, and the first ${count} calls to them: each of another client, over 8 connections`,
  relay: 'is held',
  run: measure,
};

interface Start {
  round: Round;
  firstMs: number;
  readyMs: { gateway: number; validator: number };
  resident: { gateway: number; validator: number };
}

async function measure(bench: Bench): Promise<Measurement> {
  const starts: Start[] = [];
  for (let i = 0; i < bench.rounds; i += 1) {
    const start = await startAndCall(bench);
    starts.push(start);
    const { firstMs, readyMs, round } = start;
    bench.progress(
      `  ${i + 1}/${bench.rounds}  ready after ${readyMs.validator.toFixed(0)} (validator) and ${readyMs.gateway.toFixed(0)} ms (gateway), first answer ${firstMs.toFixed(1)} ms, p99 ${round.keyward.p99Ms.toFixed(1)} ms`,
    );
  }
  const of = (read: (start: Start) => number) => Math.round(median(starts.map(read)));
  return summaryOf({
    ...{ connections, clients, rounds: starts.map(({ round }) => round) },
    residentMb: {
      gateway: of(({ resident }) => resident.gateway),
      validator: of(({ resident }) => resident.validator),
    },
    notes: [
      `the validator was ready after ${of(({ readyMs }) => readyMs.validator)} ms, the gateway after ${of(({ readyMs }) => readyMs.gateway)} ms`,
      `the first call of all was answered after ${of(({ firstMs }) => firstMs)} ms`,
    ],
  });
}

async function startAndCall(bench: Bench): Promise<Start> {
  using echo = await startEcho();
  return await onOwnHotPath({ ...bench, echo }, callCold);
}

async function callCold(bench: Bench, hotPath: HotPath): Promise<Start> {
  const { installation, keys, load } = bench;
  const { serverKey, recipient } = installation.environment;
  const taken = await keys.take('plenty', clients);
  const plan = { carrier: 'session', asks: 'validate', ip: callerIp, keys: taken, serverKey, recipient } as const;
  await load.make(plan, 1);
  const firstMs = (await load.send({ origin: hotPath.url, connections: 1 })).maxMs;
  await load.make(plan, count);
  const calls = { count, connections, relay: 'is held' } as const;
  const round = {
    echo: await askEcho(bench, calls),
    keyward: await askKeyward(bench, { ...calls, verdict: 'ALLOWED' }),
  };
  const { gateway, validator } = hotPath.pids;
  const resident = { gateway: residentMb(gateway), validator: residentMb(validator) };
  return { round, firstMs, resident, readyMs: hotPath.readyMs };
}
