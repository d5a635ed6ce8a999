import type { Measured } from '../scenarios/measured.ts';
import { median } from './median.ts';

/** One turn of a scenario. */
export interface Round {
  echo: Measured;
  keyward: Measured;
  /** What calls are held against that are no admissions. */
  admission?: Measured;
}

/** A scenario's medians over its rounds. */
export interface Summary {
  name: string;
  what: string;
  connections: number;
  clients: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  /** CPU µs per call. */
  cpuUs: Record<string, number>;
  /** Of gateway, validator with its relay, and Redis. */
  sumUs: number;
  echoUs: number;
  /** What the sum was to the echo in the same round. */
  ratio: number;
  /** What the sum was to an admission's in the same round. */
  admissions?: number;
  /** After the last round, MB. */
  residentMb: Record<string, number>;
  /** What else was found, by its name. */
  figures: Readonly<Record<string, number>>;
  /** The same in words. */
  notes: readonly string[];
  rounds: readonly Round[];
}

type Found = Pick<Summary, 'rounds' | 'connections' | 'clients' | 'residentMb'> &
  Partial<Pick<Summary, 'figures' | 'notes'>>;

const summed = ['gateway', 'validator', 'redis'];

export function summaryOf({ rounds, figures = {}, notes = [], ...found }: Found): Omit<Summary, 'name' | 'what'> {
  const of = (read: (measured: Measured) => number) => median(rounds.map(({ keyward }) => read(keyward)));
  const processes = Object.keys(rounds[0]?.keyward.cpuUs ?? {});
  const admissions = rounds.flatMap(({ keyward, admission }) => (admission ? sumOf(keyward) / sumOf(admission) : []));
  return {
    ...found,
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    p999Ms: of(({ p999Ms }) => p999Ms),
    cpuUs: Object.fromEntries(processes.map((process) => [process, of(({ cpuUs }) => cpuUs[process] ?? 0)])),
    sumUs: of(sumOf),
    echoUs: median(rounds.map(echoOf)),
    ratio: median(rounds.map((round) => sumOf(round.keyward) / echoOf(round))),
    ...(admissions.length > 0 ? { admissions: median(admissions) } : {}),
    figures,
    notes,
    rounds,
  };
}

function sumOf({ cpuUs }: Measured): number {
  return summed.reduce((sum, process) => sum + (cpuUs[process] ?? 0), 0);
}

function echoOf({ echo }: Round): number {
  return echo.cpuUs.echo ?? 0;
}
