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
  const rows = [told.map(([title]) => title), ...summaries.map((summary) => told.map(([, cell]) => cell(summary)))];
  const widths = told.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [head = '', ...body] = rows.map((row) => line(row.map((cell, i) => pad(cell, widths[i], i))));
  return [head, line(rule), ...body].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Names to the left, figures to the right. */
function pad(cell: string, width = 0, column = 0): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
