import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

export interface BenchOptions {
  scenarios: readonly Scenario[];
  rounds: number;
  callsPerRound: number;
}

export const usage = `npm run bench -- [scenario …] [--rounds n] [--calls n] [--quick]

Without a scenario, all of them. --quick: few rounds of few calls, to see that they run.

${scenarios.map(({ name, what }) => `  ${name.padEnd(24)} ${what}`).join('\n')}
`;

/** @throws Error that says what is wrong with the words. */
export function readBenchOptions(words: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { rounds: { type: 'string' }, calls: { type: 'string' }, quick: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}`);
  const [rounds, callsPerRound] = values.quick ? [2, 4_000] : [5, 20_000];
  return {
    scenarios: positionals.length === 0 ? scenarios : scenarios.filter(({ name }) => positionals.includes(name)),
    rounds: numberOf(values.rounds, rounds),
    callsPerRound: numberOf(values.calls, callsPerRound),
  };
}

function numberOf(word: string | undefined, otherwise: number): number {
  const number = word === undefined ? otherwise : Number(word);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${word} is no number of rounds or calls`);
  return number;
}
