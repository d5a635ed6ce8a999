import { Keyward } from 'keyward/keyward';
import { type Latencies, latenciesOf } from './latencies.ts';

export interface SdkPlan {
  baseUrl: string;
  serverKey: string;
  projectEnv: string;
  keys: readonly string[];
  ip: string;
  atOnce: number;
  count: number;
}

export interface Validated extends Latencies {
  perSecond: number;
}

let keyward: Keyward | undefined;

/** Validates as an application does that has the SDK; each call has to be let through by the server. */
export async function validateBySdk({ keys, ip, atOnce, count, ...options }: SdkPlan): Promise<Validated> {
  keyward ??= new Keyward(options);
  const sdk = keyward;
  const tookMs = new Float64Array(count);
  const headers = { 'user-agent': 'bench/1.0 (Linux; x86_64)' };
  const facts = { method: 'GET', path: '/bench/items', route: '/bench/items', remoteAddress: ip, headers };
  let next = 0;
  const keepAsking = async () => {
    for (let i = next++; i < count; i = next++) {
      const sentMs = performance.now();
      const validation = await sdk.validate({ ...facts, key: keys[i % keys.length] });
      tookMs[i] = performance.now() - sentMs;
      if (!validation.allowed || validation.degraded) throw new Error('a call was not let through by the server');
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: atOnce }, keepAsking));
  return { ...latenciesOf(tookMs), perSecond: (count * 1_000) / (performance.now() - startedMs) };
}
