import type { Measured } from './measure-calls.ts';
import type { Round, ScenarioResult } from './run-scenario.ts';

/** Medians over the rounds of a scenario. */
export interface Summary {
  name: string;
  what: string;
  connections: number;
  clients: number;
  rounds: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  /** CPU µs per call. */
  cpuUs: Record<string, number>;
  /** Of gateway, validator with its relay, and Redis. */
  sumUs: number;
  echoUs: number;
  /** The median of what the sum was to the echo in each round. */
  ratio: number;
  residentMb: Record<string, number>;
}

const summed = ['gateway', 'validator', 'redis'];

export function summaryOf({ scenario, rounds, residentMb }: ScenarioResult): Summary {
  const { name, what, connections, clients } = scenario;
  const of = (read: (measured: Measured) => number) => median(rounds.map(({ keyward }) => read(keyward)));
  const processes = Object.keys(rounds[0]?.keyward.cpuUs ?? {});
  return {
    ...{ name, what, connections, clients, rounds: rounds.length },
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    p999Ms: of(({ p999Ms }) => p999Ms),
    cpuUs: Object.fromEntries(processes.map((process) => [process, of(({ cpuUs }) => cpuUs[process] ?? 0)])),
    sumUs: of(sumOf),
    echoUs: median(rounds.map(echoOf)),
    ratio: median(rounds.map((round) => sumOf(round.keyward) / echoOf(round))),
    residentMb,
  };
}

function sumOf({ cpuUs }: Measured): number {
  return summed.reduce((sum, process) => sum + (cpuUs[process] ?? 0), 0);
}

function echoOf({ echo }: Round): number {
  return echo.cpuUs.echo ?? 0;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
