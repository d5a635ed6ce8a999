/**
 * What a call costs: CPU per call of each process, and what that is to a bare JSON echo of the same body in the same run.
 * `npm run bench` (Linux; needs Redis, Kafka and Postgres as the tests do).
 */
import { readBenchOptions, usage } from './bench-options.ts';
import { startEcho } from './echo-process.ts';
import { startInstallation } from './installation.ts';
import { Load } from './load/load.ts';
import { printTable } from './print-table.ts';
import { runScenario } from './run-scenario.ts';
import { type Summary, summaryOf } from './summary.ts';

if (process.argv.includes('--help')) process.stdout.write(usage);
else await bench();

async function bench(): Promise<void> {
  const options = readBenchOptions(process.argv.slice(2));
  const progress = (text: string) => void process.stderr.write(`${text}\n`);
  progress('starting Keyward, its stores and an echo …');
  await using installation = await startInstallation({ relay: 'is held' });
  using echo = await startEcho();
  using load = new Load();
  const keys: string[] = [];
  const keysOf = async (clients: number) => {
    if (keys.length < clients) progress(`making ${clients - keys.length} clients …`);
    if (keys.length < clients) keys.push(...(await installation.addClients(clients - keys.length)));
    return keys.slice(0, clients);
  };
  const summaries: Summary[] = [];
  const run = async (relay: 'is held' | 'runs') => {
    for (const scenario of options.scenarios.filter((each) => each.relay === relay))
      summaries.push(
        summaryOf(await runScenario({ installation, echo, load, keysOf, progress, ...options }, scenario)),
      );
  };
  await run('is held');
  await installation.relayHold?.release();
  await run('runs');
  process.stdout.write(`${printTable(summaries)}\n`);
}
