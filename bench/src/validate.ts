/**
 * What one validation costs, and one verification: CPU per request in each process, beside a bare JSON echo in the same run.
 * `npm run bench` (Linux; a few minutes; prints, asserts nothing).
 */
import { cpuTimeUs } from './cpu-time.ts';
import { startEcho } from './echo-process.ts';
import { startInstallation } from './installation.ts';
import { type Load, runLoad } from './load.ts';
import { newSession } from './sessions.ts';

const requests = 20_000;
const clients = 1_000;

await using installation = await startInstallation({ clients });
using echo = await startEcho();

const facts = (key: string) =>
  JSON.stringify({
    name: 'bench',
    timestamp: new Date().toISOString(),
    headers: { 'x-api-key': key, 'user-agent': 'bench/1.0' },
  });
const anyKey = (i: number) => installation.keys[i % installation.keys.length] ?? '';
const path = '/api/v1/client/self?method_path=GET:/bench/items';
const plain = { 'x-api-key': installation.serverKey, 'content-type': 'application/json' };
const sealed = { ...plain, 'x-apikee-encrypted': '1' };
const sessions = Array.from({ length: 16 }, () => newSession(installation.serverPublicKey));
let counter = 0;
const count = () => (counter += 1);

const kinds: Record<string, { origin: string; next: Load['next'] }> = {
  'bare echo': {
    origin: echo.url,
    next: () => ({ path: '/echo', headers: { 'content-type': 'application/json' }, body: facts(anyKey(count())) }),
  },
  'plain body': { origin: installation.url, next: () => ({ path, headers: plain, body: facts(anyKey(count())) }) },
  'verification, plain body': {
    origin: installation.url,
    next: () => ({ path: '/api/v1/key/verify', headers: plain, body: JSON.stringify({ key: anyKey(count()) }) }),
  },
  'envelope, reused session': {
    origin: installation.url,
    next: () => {
      const i = count();
      return { path, headers: sealed, body: sessions[i % sessions.length]?.seal(facts(anyKey(i))) ?? '' };
    },
  },
  'envelope, fresh key each': {
    origin: installation.url,
    next: () => ({
      path,
      headers: sealed,
      body: newSession(installation.serverPublicKey).seal(facts(anyKey(count()))),
    }),
  },
};

const pids: Record<string, number> = { echo: echo.pid, ...installation.pids };
process.stdout.write(`CPU µs per request (${clients} clients, ${requests} requests)\n`);
for (const connections of [64, 8]) {
  for (const [kind, { origin, next }] of Object.entries(kinds)) {
    const load = {
      origin,
      connections,
      next,
      good: (status: number, body: string) =>
        status === 200 && (origin === echo.url || /^\{"(success|valid)":true/.test(body)),
    };
    await runLoad({ ...load, requests: requests / 4 }); // warm
    const before = Object.entries(pids).map(([name, pid]) => [name, cpuTimeUs(pid)] as const);
    const result = await runLoad({ ...load, requests });
    const costs = before.map(([name, us]) => [name, (cpuTimeUs(pids[name] ?? 0) - us) / requests] as const);
    const shown = costs.filter(([, us]) => us >= 0.5).map(([name, us]) => `${name} ${us.toFixed(1)}`);
    process.stdout.write(
      `${String(connections).padStart(3)} connections  ${kind.padEnd(26)} ${shown.join(' · ')}   ${Math.round(result.perSecond)}/s, p50 ${result.p50Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms\n`,
    );
  }
}
