/**
 * Holds a load for a while, at a share of what is possible, and fails unless memory stays flat and each call is counted once:
 * `npm run soak -- --minutes 30` (Linux; needs what the tests need).
 */
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { Load } from '../load/load.ts';
import type { Sent } from '../load/send-calls.ts';
import { describeMachine } from '../report/machine.ts';
import { saveResult } from '../report/save-result.ts';
import { callerIp } from '../stack/environment.ts';
import { type Installation, startInstallation } from '../stack/installation.ts';
import { untilCounted, untilRelayed, untilRelaying } from '../stack/until-counted.ts';
import { judge, type SoakResult } from './judge.ts';
import { MemoryWatch } from './memory-watch.ts';
import { printSoak } from './print-soak.ts';
import { readSoakOptions } from './soak-options.ts';
import { sendSteadily } from './steady-load.ts';

const connections = 64;
const sliceSeconds = 5;
const probedCalls = 10_000;
/** For as long as Redis remembers a request, so that nobody repeats it. */
const requestsLiveMs = 605_000;

const options = readSoakOptions(process.argv.slice(2));
await using installation = await startInstallation();
const machine = await describeMachine(installation);
await untilRelaying(installation);
const { environment, hotPath } = installation;
const { kafka: _, ...watched } = installation.pids; // a JVM takes what it may have
const { serverKey, recipient } = environment;
const keys = await environment.addClients(options.clients, 'plenty');
const plan = { carrier: 'session', asks: 'validate', ip: callerIp, keys, serverKey, recipient } as const;

const answers = new Map<number, number>();
progress('how much is possible …');
const possible = await callsPerSecond(installation);
const perSecond = Math.floor(options.share * possible);
const totalMs = options.minutes * 60_000;
const slices = Math.max(6, Math.round(totalMs / 1_000 / sliceSeconds));
progress(`${perSecond} calls/s of ${Math.round(possible)} for ${options.minutes} minutes …`);

const memory = new MemoryWatch((process) => (process === 'redis' ? requestsLiveMs : totalMs / 4));
const p99sMs: number[] = [];
const startedMs = performance.now();
await sendSteadily({
  ...{ plan, origin: hotPath.url, connections, perSecond, sliceSeconds, slices },
  async onSlice(sent) {
    note(sent);
    p99sMs.push(sent.p99Ms);
    const atMs = performance.now() - startedMs;
    memory.look(watched, atMs);
    if (p99sMs.length % (60 / sliceSeconds) === 0) progress(toldOf(atMs));
  },
});
await untilRelayed(installation);
const answered = answers.get(200) ?? 0;
const counted = await waitUntil(async () => atLeast(answered, await environment.countedCalls()), {
  what: `${answered} calls to be counted`,
  timeoutMs: 60_000,
  everyMs: 500,
}).catch(() => environment.countedCalls());

const result: SoakResult = {
  ...{ machine, minutes: options.minutes, perSecond, possible, counted, p99sMs },
  answers: Object.fromEntries(answers),
  growths: memory.growths(),
  residentMb: memory.series,
};
const faults = judge(result);
const markdown = printSoak(result, faults);
process.stdout.write(markdown);
if (options.save !== undefined) await saveResult({ name: options.save, markdown, result });
process.exitCode = faults.length === 0 ? 0 : 1;

function note({ statuses }: Sent): void {
  for (const [status, count] of Object.entries(statuses))
    answers.set(Number(status), (answers.get(Number(status)) ?? 0) + count);
}

/** How many calls a second are answered and counted when they come as fast as they are answered. */
async function callsPerSecond(of: Installation): Promise<number> {
  using load = new Load();
  let seconds = 0;
  for (const count of [probedCalls / 4, probedCalls]) {
    await load.make(plan, count);
    const beganMs = performance.now();
    note(await load.send({ origin: of.hotPath.url, connections }));
    await untilCounted(of);
    seconds = (performance.now() - beganMs) / 1_000;
  }
  return probedCalls / seconds;
}

function toldOf(atMs: number): string {
  const held = Object.entries(memory.series).map(([process, series]) => `${process} ${series.at(-1)}`);
  return `  ${(atMs / 60_000).toFixed(1)} min  p99 ${p99sMs.at(-1)?.toFixed(1)} ms   ${held.join(' · ')} MB`;
}

function atLeast(wanted: number, found: number): number | false {
  return found >= wanted && found;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
