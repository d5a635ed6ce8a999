import { Pool } from 'undici';

export interface Load {
  origin: string;
  connections: number;
  requests: number;
  /** The next request. */
  next: () => { path: string; headers: Record<string, string>; body: string };
  /** Is this answer a good one? */
  good: (status: number, body: string) => boolean;
}

export interface LoadResult {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Sends a bounded number of requests over a bounded number of connections; throws at the first bad answer. */
export async function runLoad({ origin, connections, requests, next, good }: Load): Promise<LoadResult> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  await using _pool = { [Symbol.asyncDispose]: () => pool.close() };
  const latencies: number[] = [];
  let left = requests;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const { path, headers, body } = next();
      const sentMs = performance.now();
      const response = await pool.request({ method: 'POST', path, headers, body });
      const text = await response.body.text();
      latencies.push(performance.now() - sentMs);
      if (!good(response.statusCode, text)) throw new Error(`answered ${response.statusCode}: ${text}`);
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - startedMs) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { perSecond: requests / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
