/**
 * What a call costs: CPU per call of each process, and what that is to a bare JSON echo of the same body in the same run.
 * `npm run bench` (Linux; needs Redis, Kafka and Postgres as the tests do); `npm run bench -- --help` names the scenarios.
 */
import { readBenchOptions, usage } from './bench-options.ts';
import { printReport } from './report/report.ts';
import { saveResult } from './report/save-result.ts';
import { runBench } from './run-bench.ts';

if (process.argv.includes('--help')) process.stdout.write(usage);
else await bench();

async function bench(): Promise<void> {
  const { save, ...options } = readBenchOptions(process.argv.slice(2));
  const report = await runBench(options);
  const markdown = printReport(report);
  process.stdout.write(markdown);
  if (save === undefined) return;
  const paths = await saveResult({ name: save, markdown, result: report });
  process.stderr.write(`written: ${paths.join(', ')}\n`);
}
