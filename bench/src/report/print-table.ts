import { printRows } from './print-rows.ts';
import type { Summary } from './summary.ts';

type Column = [title: string, cell: (summary: Summary) => string];

const columns: Column[] = [
  ['scenario', ({ name }) => name],
  ['calls/s', ({ perSecond }) => String(Math.round(perSecond))],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(2)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(2)],
  ['p99.9 ms', ({ p999Ms }) => p999Ms.toFixed(2)],
  ['gateway µs', cpuOf('gateway')],
  ['validator µs', cpuOf('validator')],
  ['Redis µs', cpuOf('redis')],
  ['sum µs', ({ sumUs }) => sumUs.toFixed(1)],
  ['echo µs', ({ echoUs }) => echoUs.toFixed(1)],
  ['ratio', ({ ratio }) => `${ratio.toFixed(2)}×`],
  ['admissions', ({ admissions }) => (admissions === undefined ? '' : `${admissions.toFixed(2)}×`)],
  ['application µs', cpuOf('application')],
  ['ingest µs', cpuOf('ingest')],
  ['Kafka µs', cpuOf('kafka')],
  ['gateway MB', ({ residentMb }) => String(residentMb.gateway ?? '')],
  ['validator MB', ({ residentMb }) => String(residentMb.validator ?? '')],
];

function cpuOf(process: string): (summary: Summary) => string {
  return ({ cpuUs }) => cpuUs[process]?.toFixed(1) ?? '';
}

/** The summaries as a table in Markdown; columns that say nothing are left out. */
export function printTable(summaries: readonly Summary[]): string {
  const told = columns.filter(([, cell]) => summaries.some((summary) => cell(summary) !== ''));
  return printRows(
    told.map(([title]) => title),
    summaries.map((summary) => told.map(([, cell]) => cell(summary))),
  );
}
