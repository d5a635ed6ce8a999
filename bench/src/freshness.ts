/**
 * How long until a call shows: 1,000 calls a second go through the gateway, and of some of them it is measured how long after
 * their answer `GET /client/{id}` counts them. `node_modules/node/bin/node bench/src/freshness.ts` (Linux; a minute; prints).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { callerIp } from './stack/environment.ts';
import { startInstallation } from './stack/installation.ts';

const perSecond = 1_000;
const seconds = 30;
const samples = 200;
const loaded = 800;
const lookEveryMs = 20;
const gaveUpMs = 20_000;

await using installation = await startInstallation();
const { environment, hotPath } = installation;
const keys = await environment.addClients(loaded + samples, 'plenty');
const pool = new Pool(hotPath.url, { connections: 64, pipelining: 1 });
await using _pool = { [Symbol.asyncDispose]: () => pool.close() };
const credentials = { 'x-api-key': environment.serverKey, 'content-type': 'application/json' };

/** Answers the id of the key's client. */
async function validate(key: string): Promise<string> {
  const facts = {
    name: 'bench',
    timestamp: new Date().toISOString(),
    headers: { 'x-api-key': key },
    remoteAddress: callerIp,
  };
  const path = '/api/v1/client/self?method_path=GET:/bench/items';
  const answer = await pool.request({ method: 'POST', path, headers: credentials, body: JSON.stringify(facts) });
  const reply = (await answer.body.json()) as { success: boolean; clientId: string };
  if (!reply.success) throw new Error(`answered ${answer.statusCode}: ${JSON.stringify(reply)}`);
  return reply.clientId;
}

/** How long until this client's first call shows, ms. */
async function timeUntilShown(key: string): Promise<number> {
  const clientId = await validate(key);
  const answeredMs = performance.now();
  for (;;) {
    const path = `/api/v1/client/${clientId}`;
    const answer = await pool.request({ method: 'GET', path, headers: credentials });
    const { stats } = (await answer.body.json()) as { stats: { total: number } };
    const waitedMs = performance.now() - answeredMs;
    if (stats.total > 0) return waitedMs;
    if (waitedMs > gaveUpMs) throw new Error('a call does not show');
    await sleep(lookEveryMs);
  }
}

let calls = 0;
const waits: Promise<number>[] = [];
const inFlight = new Set<Promise<unknown>>();
const startedMs = performance.now();
for (let elapsedMs = 0; elapsedMs < seconds * 1_000; elapsedMs = performance.now() - startedMs) {
  for (; calls < (elapsedMs / 1_000) * perSecond; calls += 1) {
    const call = validate(keys[calls % loaded] ?? '').finally(() => inFlight.delete(call));
    inFlight.add(call);
  }
  // Each sample is the first call of a client of its own; the first second is for warming up.
  const due = ((elapsedMs - 1_000) / (seconds * 1_000 - 1_000)) * samples;
  while (waits.length < Math.min(due, samples)) waits.push(timeUntilShown(keys[loaded + waits.length] ?? ''));
  await sleep(5);
}
await Promise.all(inFlight);
const shownMs = (await Promise.all(waits)).toSorted((a, b) => a - b);
const at = (share: number) =>
  Math.round(shownMs[Math.min(shownMs.length - 1, Math.floor(shownMs.length * share))] ?? 0);
process.stdout.write(
  `${Math.round(calls / seconds)} calls/s for ${seconds} s, ${shownMs.length} of them watched: shown after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms\n`,
);
