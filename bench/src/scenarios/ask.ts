import type { Verdict } from '@keyward/contract/verdict';
import type { Installation } from '../stack/installation.ts';
import { readMetric } from '../stack/read-metric.ts';
import { untilCounted } from '../stack/until-counted.ts';
import { type Measured, measured } from './measured.ts';
import type { Bench, Scenario } from './scenario.ts';

/** What is sent of the calls that the load process has made. */
export interface CallsAtOnce {
  count: number;
  connections: number;
  perSecond?: number;
  relay: Scenario['relay'];
  /** Each is told this; any verdict will do without it. */
  verdict?: Verdict;
}

export function askEcho({ echo, load }: Bench, { count, connections, perSecond }: CallsAtOnce): Promise<Measured> {
  const pace = perSecond === undefined ? {} : { perSecond };
  const send = () => load.send({ origin: echo.url, connections, path: '/echo', ...pace });
  return measured({ send, count, pids: { echo: echo.pid } });
}

export async function askKeyward({ installation, load }: Bench, calls: CallsAtOnce): Promise<Measured> {
  const { count, connections, perSecond, verdict, relay } = calls;
  const pace = perSecond === undefined ? {} : { perSecond };
  const send = () => load.send({ origin: installation.hotPath.url, connections, ...pace });
  return await withVerdict(installation, { count, verdict, relay }, send);
}

type Expected = Pick<CallsAtOnce, 'count' | 'relay'> & { verdict: Verdict | undefined };

/** Measures what is sent, with what it leaves to do, and makes sure of what it was told. */
export async function withVerdict(
  installation: Installation,
  { count, verdict, relay }: Expected,
  send: () => ReturnType<Bench['load']['send']>,
): Promise<Measured> {
  const { pids, hotPath, relayHold } = installation;
  const told = async () =>
    verdict ? await readMetric(hotPath.validatorUrl, 'keyward_decisions_total', { verdict }) : count;
  const before = await told();
  const settle = relay === 'runs' ? () => untilCounted(installation) : undefined;
  const result = await measured({ send, count, pids, settle });
  const toldNow = verdict ? (await told()) - before : count;
  if (toldNow !== count) throw new Error(`${toldNow} of ${count} calls were told ${verdict}`);
  if (relay === 'is held') await relayHold?.discard();
  return result;
}
