import { mkdir, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Machine } from './machine.ts';
import { printTable } from './print-table.ts';
import type { Summary } from './summary.ts';

export interface Report {
  machine: Machine;
  rounds: number;
  callsPerRound: number;
  summaries: readonly Summary[];
}

const folder = resolve(import.meta.dirname, '../../results');

/** In Markdown. */
export function printReport({ machine, rounds, callsPerRound, summaries }: Report): string {
  const { date, cpu, cores, memoryGb, kernel, node, redis, kafka, postgres, loadAverage } = machine;
  return `# Benchmark of ${date.slice(0, 10)}

${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}; Node ${node}, Redis ${redis}, Kafka ${kafka}, Postgres ${postgres}; load
average ${loadAverage} at the start. All of it, the load included, ran on this machine: hold ratios against others, not rates.

Medians of ${rounds} rounds of ${callsPerRound} calls, each round by turns with a bare Fastify that echoes the very same bodies. CPU is user and
system, by the kernel's counters, per call; the sum is that of gateway, validator and Redis, the ratio what it is to the echo's.
Unless a scenario is named for the relay, nobody relays meanwhile: its share is what the two differ by.

${printTable(summaries)}

${summaries.map(printWhat).join('\n')}
`;
}

function printWhat({ name, what, notes }: Summary): string {
  return `- **${name}**: ${[what, ...notes].join('. ')}.`;
}

/** Answers where, from here. */
export async function saveReport(report: Report, name: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const path = resolve(folder, `${report.machine.date.slice(0, 10)}-${name}`);
  await writeFile(`${path}.md`, printReport(report));
  await writeFile(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  return [`${path}.md`, `${path}.json`].map((each) => relative('.', each));
}
