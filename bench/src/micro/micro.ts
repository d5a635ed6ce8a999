/**
 * What single steps of the hot path cost, µs a call on one core: `npm run bench:micro`, or with the names of some groups.
 * A run of tinybench makes many calls at once, since the clock costs as much as some of them do.
 */
import { Bench } from 'tinybench';
import { decision } from './decision.ts';
import { envelope } from './envelope.ts';
import { ipRanges } from './ip-ranges.ts';
import { keyformat } from './keyformat.ts';
import type { Task } from './task.ts';

const groups: Record<string, readonly Task[]> = { keyformat, envelope, decision, 'ip-ranges': ipRanges };
const callsPerRun = 100;
const timeMs = 500;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(groups, name));
if (unknown.length > 0)
  throw new Error(`there is no group ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`);
for (const [name, tasks] of Object.entries(groups))
  if (asked.length === 0 || asked.includes(name)) await runGroup(name, tasks);

async function runGroup(group: string, tasks: readonly Task[]): Promise<void> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 5 });
  let looked = 0;
  for (const { name, call } of tasks) {
    let calls = 0;
    bench.add(name, () => {
      for (let i = 0; i < callsPerRun; i += 1, calls += 1) if (call(calls)) looked += 1;
    });
  }
  await bench.run();
  if (looked === 0) throw new Error('nothing was found: this measured the wrong thing');
  process.stdout.write(`${group.padEnd(50)}      p50      p99   µs\n`);
  for (const { name, result } of bench.tasks) {
    if (!('latency' in result)) throw new Error(`${name} could not be measured: ${result.state}`);
    const { p50, p99 } = result.latency;
    process.stdout.write(`  ${name.padEnd(48)} ${us(p50)} ${us(p99)}\n`);
  }
}

/** Of the milliseconds of a run. */
function us(runMs: number): string {
  return ((runMs * 1_000) / callsPerRun).toFixed(2).padStart(8);
}
