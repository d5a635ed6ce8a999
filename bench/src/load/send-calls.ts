import { setTimeout as sleep } from 'node:timers/promises';
import { SocketClient } from 'keyward/http/socket-client';
import type { Call } from './call.ts';
import { type Latencies, latenciesOf } from './latencies.ts';

export interface Sending {
  origin: string;
  connections: number;
  /** Calls go out at this pace, however long answers take; without it, each connection sends when it has its answer. */
  perSecond?: number;
  /** In place of the path of the calls. */
  path?: string;
}

export interface Sent extends Latencies {
  perSecond: number;
  /** How many answers had which status. */
  statuses: Record<number, number>;
}

const timeoutMs = 30_000;

/** Sends each call once, and measures how long its answer takes: at a pace, from the moment at which it was due. */
export async function sendCalls(
  calls: readonly Call[],
  { origin, connections, perSecond, path }: Sending,
): Promise<Sent> {
  const client = new SocketClient({ origin, maxSockets: connections });
  using _client = { [Symbol.dispose]: () => client.close() };
  const tookMs = new Float64Array(calls.length);
  const statuses: Record<number, number> = {};
  const startedMs = performance.now();
  let next = 0;

  const send = async (i: number, call: Call, dueMs: number) => {
    const request = { ...call, path: path ?? call.path, method: 'POST', timeoutMs } as const;
    const { status } = await client.send(request);
    tookMs[i] = performance.now() - dueMs;
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const keepSending = async () => {
    for (let i = next++; i < calls.length; i = next++) {
      const call = calls[i];
      if (call) await send(i, call, performance.now());
    }
  };
  const sendAtPace = async (pace: number) => {
    const underWay: Promise<void>[] = [];
    for (const [i, call] of calls.entries()) {
      // Timers know whole milliseconds, and may come a little early.
      const dueMs = startedMs + Math.ceil((i / pace) * 1_000);
      const leftMs = () => dueMs - performance.now();
      for (let ms = leftMs(); ms > 0; ms = leftMs()) await sleep(Math.ceil(ms));
      underWay.push(send(i, call, dueMs));
    }
    await Promise.all(underWay);
  };

  if (perSecond === undefined) await Promise.all(Array.from({ length: connections }, keepSending));
  else await sendAtPace(perSecond);
  const seconds = (performance.now() - startedMs) / 1_000;
  return { ...latenciesOf(tookMs), perSecond: calls.length / seconds, statuses };
}
