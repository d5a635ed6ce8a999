import { type Round, summaryOf } from '../report/summary.ts';
import { callerIp } from '../stack/environment.ts';
import { residentMb } from '../stack/resident-memory.ts';
import { askEcho, withVerdict } from './ask.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';

const connections = 64;
const clients = 1_000;

/** An application with the SDK is what calls come from, and its CPU is told as well. */
export const sdk: Scenario = {
  name: 'sdk',
  what: 'validations through the SDK, 64 at once: its own CPU is the application’s',
  relay: 'is held',
  run: measure,
};

async function measure(bench: Bench): Promise<Measurement> {
  const { rounds, callsPerRound: count, installation, progress } = bench;
  const keys = await bench.keys.take('plenty', clients);
  await validate(bench, keys, Math.max(clients, count / 4));
  const done: Round[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const { serverKey, recipient } = installation.environment;
    const plan = { carrier: 'session', asks: 'validate', keys, ip: callerIp, serverKey, recipient } as const;
    await bench.load.make(plan, count);
    const echo = await askEcho(bench, { count, connections, relay: 'is held' });
    const keyward = await validate(bench, keys, count);
    done.push({ echo, keyward });
    progress(`  ${i + 1}/${rounds}  application ${(keyward.cpuUs.application ?? 0).toFixed(1)} µs`);
  }
  const { gateway, validator } = installation.pids;
  const resident = { gateway: residentMb(gateway), validator: residentMb(validator) };
  return summaryOf({ rounds: done, connections, clients, residentMb: resident });
}

function validate({ installation, load }: Bench, keys: readonly string[], count: number): Promise<Round['keyward']> {
  const { serverKey, projectEnv } = installation.environment;
  const asked = { baseUrl: installation.hotPath.url, serverKey, projectEnv, keys, ip: callerIp };
  const measuredToo = { ...installation, pids: { ...installation.pids, application: load.pid } };
  const send = () => load.validate({ ...asked, atOnce: connections, count });
  return withVerdict(measuredToo, { count, verdict: 'ALLOWED', relay: 'is held' }, send);
}
