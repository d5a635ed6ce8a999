import type { BenchOptions } from './bench-options.ts';
import { Load } from './load/load.ts';
import { describeMachine } from './report/machine.ts';
import type { Report } from './report/report.ts';
import type { Summary } from './report/summary.ts';
import { warmUpAll } from './scenarios/call-scenario.ts';
import { KeyRings } from './scenarios/key-rings.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { startEcho } from './stack/echo-process.ts';
import { type InstallationOptions, startInstallation } from './stack/installation.ts';
import { untilRelaying } from './stack/until-counted.ts';

/** Runs scenarios on one installation: those without the relay first, since it cannot be held again. Progress goes to stderr. */
export async function runBench(
  { scenarios, rounds, callsPerRound }: Omit<BenchOptions, 'save'>,
  installationOptions: Pick<InstallationOptions, 'nodeOptions'> = {},
): Promise<Report> {
  progress('starting Keyward, its stores and an echo …');
  await using installation = await startInstallation({ relay: 'is held', ...installationOptions });
  using echo = await startEcho();
  using load = new Load();
  const machine = await describeMachine(installation);
  const keys = new KeyRings(installation.environment, progress);
  const summaries: Summary[] = [];
  const bench = { rounds, callsPerRound, installation, echo, load, keys, progress };
  const run = async ({ name, what, run: measure }: Scenario) => {
    progress(`${name}: ${what}`);
    summaries.push({ name, what, ...(await measure(bench)) });
  };
  progress('warming up …');
  await warmUpAll(bench);
  for (const scenario of scenarios.filter(({ relay }) => relay === 'is held')) await run(scenario);
  const relayed = scenarios.filter(({ relay }) => relay === 'runs');
  if (relayed.length > 0) await installation.relayHold?.release();
  if (relayed.length > 0) await untilRelaying(installation);
  for (const scenario of relayed) await run(scenario);
  return { machine, rounds, callsPerRound, summaries };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
