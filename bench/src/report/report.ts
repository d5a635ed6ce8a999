import type { Machine } from './machine.ts';
import { printGoals } from './print-goals.ts';
import { printMachine } from './print-machine.ts';
import { printRelay } from './print-relay.ts';
import { printTable } from './print-table.ts';
import type { Summary } from './summary.ts';

export interface Report {
  machine: Machine;
  rounds: number;
  callsPerRound: number;
  summaries: readonly Summary[];
}

/** In Markdown. */
export function printReport({ machine, rounds, callsPerRound, summaries }: Report): string {
  const what = summaries.map(printWhat).join('\n');
  const parts = [printTable(summaries), printGoals(summaries), printRelay(summaries), what];
  return `# Benchmark of ${machine.date.slice(0, 10)}

${printMachine(machine)}

Medians of ${rounds} rounds of ${callsPerRound} calls, each round by turns with a bare Fastify that echoes the very same bodies. CPU is user and
system, by the kernel's counters, per call; the sum is that of gateway, validator and Redis, the ratio what it is to the echo's.
Unless a scenario is named for the relay, nobody relays meanwhile: its share is what the two differ by.

${parts.filter((part) => part !== '').join('\n\n')}
`;
}

function printWhat({ name, what, notes }: Summary): string {
  return `- **${name}**: ${[what, ...notes].join('. ')}.`;
}
