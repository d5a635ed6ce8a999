/**
 * What a call costs: CPU per call of each process, and what that is to a bare JSON echo of the same body in the same run.
 * `npm run bench` (Linux; needs Redis, Kafka and Postgres as the tests do); `npm run bench -- --help` names the scenarios.
 */
import { readBenchOptions, usage } from './bench-options.ts';
import { Load } from './load/load.ts';
import { describeMachine } from './report/machine.ts';
import { printReport } from './report/report.ts';
import { saveResult } from './report/save-result.ts';
import type { Summary } from './report/summary.ts';
import { KeyRings } from './scenarios/key-rings.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { startEcho } from './stack/echo-process.ts';
import { startInstallation } from './stack/installation.ts';
import { untilRelaying } from './stack/until-counted.ts';

if (process.argv.includes('--help')) process.stdout.write(usage);
else await bench();

async function bench(): Promise<void> {
  const { scenarios, save, ...options } = readBenchOptions(process.argv.slice(2));
  const progress = (text: string) => void process.stderr.write(`${text}\n`);
  progress('starting Keyward, its stores and an echo …');
  await using installation = await startInstallation({ relay: 'is held' });
  using echo = await startEcho();
  using load = new Load();
  const keys = new KeyRings(installation.environment, progress);
  const machine = await describeMachine(installation);
  const summaries: Summary[] = [];
  const run = async ({ name, what, run: measure }: Scenario) => {
    progress(`${name}: ${what}`);
    summaries.push({ name, what, ...(await measure({ ...options, installation, echo, load, keys, progress })) });
  };
  for (const scenario of scenarios.filter(({ relay }) => relay === 'is held')) await run(scenario);
  const relayed = scenarios.filter(({ relay }) => relay === 'runs');
  if (relayed.length > 0) await installation.relayHold?.release();
  if (relayed.length > 0) await untilRelaying(installation);
  for (const scenario of relayed) await run(scenario);
  const report = { machine, ...options, summaries };
  const markdown = printReport(report);
  process.stdout.write(markdown);
  if (save !== undefined)
    progress(`written: ${(await saveResult({ name: save, markdown, result: report })).join(', ')}`);
}
