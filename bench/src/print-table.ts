import type { Summary } from './summary.ts';

const columns: [title: string, cell: (summary: Summary) => string][] = [
  ['scenario', ({ name }) => name],
  ['calls/s', ({ perSecond }) => String(Math.round(perSecond))],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(2)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(2)],
  ['p99.9 ms', ({ p999Ms }) => p999Ms.toFixed(2)],
  ['gateway', cpu('gateway')],
  ['validator', cpu('validator')],
  ['Redis', cpu('redis')],
  ['sum µs', ({ sumUs }) => sumUs.toFixed(1)],
  ['echo µs', ({ echoUs }) => echoUs.toFixed(1)],
  ['ratio', ({ ratio }) => `${ratio.toFixed(2)}×`],
  ['ingest', cpu('ingest')],
  ['Kafka', cpu('kafka')],
  ['RSS MB gateway', ({ residentMb }) => String(residentMb.gateway)],
  ['RSS MB validator', ({ residentMb }) => String(residentMb.validator)],
];

function cpu(process: string): (summary: Summary) => string {
  return ({ cpuUs }) => (cpuUs[process] ?? 0).toFixed(1);
}

/** The summaries as a table in Markdown, its columns in line. */
export function printTable(summaries: readonly Summary[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...summaries.map((summary) => columns.map(([, cell]) => cell(summary))),
  ];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => pad(cell, widths[i], i)).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [head = [], ...body] = rows.map(line);
  return [head, `| ${rule.join(' | ')} |`, ...body].join('\n');
}

/** Names to the left, figures to the right. */
function pad(cell: string, width = 0, column = 0): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
