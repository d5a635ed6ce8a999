import { parseArgs } from 'node:util';
import type { Scenario } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';

export interface BenchOptions {
  scenarios: readonly Scenario[];
  rounds: number;
  callsPerRound: number;
  /** Under which name results are kept. */
  save: string | undefined;
}

const options = {
  rounds: { type: 'string' },
  calls: { type: 'string' },
  quick: { type: 'boolean', default: false },
  save: { type: 'string' },
} as const;

export const usage = `npm run bench -- [scenario …] [--rounds n] [--calls n] [--quick] [--save name]

Without a scenario, all of them. --quick: few rounds of few calls, to see that they run. --save: what is printed, and all
rounds as JSON, are kept in bench/results.

${scenarios.map(({ name, what }) => `  ${name.padEnd(24)} ${what}`).join('\n')}
`;

/** @throws Error that says what is wrong with the words. */
export function readBenchOptions(words: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options });
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}`);
  const { save } = values;
  if (save !== undefined && !/^[a-z0-9-]+$/.test(save)) throw new Error('a name has a to z, 0 to 9 and - only');
  const [rounds, callsPerRound] = values.quick ? [3, 2_000] : [9, 8_000];
  return {
    scenarios: positionals.length === 0 ? scenarios : scenarios.filter(({ name }) => positionals.includes(name)),
    rounds: numberOf(values.rounds, rounds),
    callsPerRound: numberOf(values.calls, callsPerRound),
    save,
  };
}

function numberOf(word: string | undefined, otherwise: number): number {
  const number = word === undefined ? otherwise : Number(word);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${word} is no number of rounds or calls`);
  return number;
}
