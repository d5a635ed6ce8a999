import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { Load } from '../load/load.ts';
import { median } from '../report/median.ts';
import { type Round, summaryOf } from '../report/summary.ts';
import { callerIp } from '../stack/environment.ts';
import { readMetric } from '../stack/read-metric.ts';
import { residentMb } from '../stack/resident-memory.ts';
import { askEcho, askKeyward } from './ask.ts';
import type { KeyRing } from './key-rings.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';

const connections = 64;
const clients = 1_000;
/** Of the calls/s that are answered at most: hot keys take one part, the flood twice as much. */
const hotShare = 0.25;
const floodShare = 0.5;

/** Hot keys go on while somebody tries keys that have the form of ours and are nobody's. */
export const unknownFlood: Scenario = {
  name: 'unknown-flood',
  what: 'hot keys at a quarter of the calls/s that are possible, beside twice as many unknown keys of the form of ours',
  relay: 'is held',
  run: measure,
};

interface Part {
  hot: Round['keyward'];
  /** How many of the calls with hot keys were decided without asking for the key's record. */
  hitRate: number;
  /** Transactions in Postgres, a second. */
  postgresPerSecond: number;
}

async function measure(bench: Bench): Promise<Measurement> {
  using flood = new Load();
  const { callsPerRound, rounds, installation, progress } = bench;
  await make(bench, bench.load, { ring: 'plenty', count: callsPerRound });
  const { perSecond } = await askKeyward(bench, { count: callsPerRound, connections, relay: 'is held' });
  const done: (Round & { calm: Part; flooded: Part })[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const calls = { count: callsPerRound, perSecond: hotShare * perSecond, connections, relay: 'is held' } as const;
    const floodCalls = { count: (callsPerRound * floodShare) / hotShare, perSecond: floodShare * perSecond };
    await make(bench, bench.load, { ring: 'plenty', count: calls.count });
    const echo = await askEcho(bench, calls);
    const calm = await part(bench, () => askKeyward(bench, calls));
    await make(bench, bench.load, { ring: 'plenty', count: calls.count });
    await make(bench, flood, { ring: 'unknown', count: floodCalls.count });
    const sending = { origin: installation.hotPath.url, connections, perSecond: floodCalls.perSecond };
    const flooded = await part(
      bench,
      async () => (await Promise.all([askKeyward(bench, calls), flood.send(sending)]))[0],
    );
    done.push({ echo, keyward: flooded.hot, calm, flooded });
    progress(`  ${i + 1}/${rounds}  hit rate ${percent(calm.hitRate)}, flooded ${percent(flooded.hitRate)}`);
  }
  const { gateway, validator } = installation.pids;
  const figures = { ...figuresOf(done), floodPerSecond: floodShare * perSecond };
  return summaryOf({
    ...{ connections, clients, rounds: done, figures },
    residentMb: { gateway: residentMb(gateway), validator: residentMb(validator) },
    notes: [
      `CPU is that of both, per call with a hot key, at ${Math.round(hotShare * perSecond)} of them and ${Math.round(figures.floodPerSecond)} others a second`,
      `hit rate of hot keys ${percent(figures.hitRateBefore)} before, ${percent(figures.hitRateMeanwhile)} meanwhile`,
      `their p99 ${figures.p99MsBefore.toFixed(1)} ms before, ${figures.p99MsMeanwhile.toFixed(1)} ms meanwhile`,
      `transactions in Postgres ${figures.postgresBefore.toFixed(1)} a second before, ${figures.postgresMeanwhile.toFixed(1)} meanwhile`,
    ],
  });
}

function figuresOf(rounds: readonly { calm: Part; flooded: Part }[]) {
  const before = (read: (part: Part) => number) => median(rounds.map(({ calm }) => read(calm)));
  const meanwhile = (read: (part: Part) => number) => median(rounds.map(({ flooded }) => read(flooded)));
  const p99Ms = ({ hot }: Part) => hot.p99Ms;
  const hitRate = (part: Part) => part.hitRate;
  const postgres = ({ postgresPerSecond }: Part) => postgresPerSecond;
  return {
    ...{ hitRateBefore: before(hitRate), hitRateMeanwhile: meanwhile(hitRate) },
    ...{ p99MsBefore: before(p99Ms), p99MsMeanwhile: meanwhile(p99Ms) },
    ...{ postgresBefore: before(postgres), postgresMeanwhile: meanwhile(postgres) },
  };
}

async function make(bench: Bench, load: Load, { ring, count }: { ring: KeyRing; count: number }): Promise<void> {
  const { serverKey, recipient } = bench.installation.environment;
  const keys = await bench.keys.take(ring, ring === 'plenty' ? clients : count);
  await load.make({ carrier: 'session', asks: 'validate', keys, ip: callerIp, serverKey, recipient }, count);
}

/** An unknown key is never a hit, so all hits are those of hot keys. */
async function part({ installation, callsPerRound }: Bench, send: () => Promise<Round['keyward']>): Promise<Part> {
  const { validatorUrl } = installation.hotPath;
  const hits = () => readMetric(validatorUrl, 'keyward_key_cache_lookups_total', { result: 'hit' });
  const [hitsBefore, transactionsBefore] = [await hits(), await transactions(installation.postgresUrl)];
  const startedMs = performance.now();
  const hot = await send();
  const transactionsNow = await transactions(installation.postgresUrl);
  const seconds = (performance.now() - startedMs) / 1_000;
  return {
    hot,
    hitRate: ((await hits()) - hitsBefore) / callsPerRound,
    postgresPerSecond: (transactionsNow - transactionsBefore) / seconds,
  };
}

function transactions(url: string): Promise<number> {
  return withPostgres(url, async (client) => {
    const { rows } = await client.query('select sum(xact_commit + xact_rollback) as count from pg_stat_database');
    return Number(rows[0].count);
  });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
