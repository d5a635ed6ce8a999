/**
 * What a call costs the application that makes it: `node bench/src/sdk-http.ts` prints the CPU time (user and system) of this process
 * per call by each client, against a server in a process of its own. The clients take turns, so that a noisy neighbour meets
 * them all alike; the least of the turns is nearest to what the client itself costs.
 */
import { Agent, request } from 'node:http';
import { FetchClient } from '../../packages/sdk/src/http/fetch-client.ts';
import { SocketClient } from '../../packages/sdk/src/http/socket-client.ts';
import { startEcho } from './stack/echo-process.ts';

const turns = 7;
const callsPerTurn = 4_000;
const atOnce = [1, 32];

using echo = await startEcho();
const { hostname, port, origin } = new URL(echo.url);
const call = {
  method: 'POST',
  path: '/echo?project_env=my-production&method_path=GET%3A%2Fbench',
  headers: { 'content-type': 'application/json', 'x-api-key': `sk_live_${'k'.repeat(36)}`, 'x-apikee-encrypted': '1' },
  body: JSON.stringify({ v: '2', kid: '0'.repeat(16), epk: 'e'.repeat(43), iv: 'i'.repeat(16), ct: 'c'.repeat(600) }),
  timeoutMs: 30_000,
} as const;

const socketClient = new SocketClient({ origin });
const fetchClient = new FetchClient({ origin, fetch });
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const clients: [string, () => Promise<unknown>][] = [
  ['socket-client', () => socketClient.send(call)],
  ['node:http, keep-alive', sendByAgent],
  ['fetch-client', () => fetchClient.send(call)],
];

for (const concurrency of atOnce) {
  const costs = new Map(clients.map(([name]) => [name, [] as number[]]));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [name, send] of clients) costs.get(name)?.push(await costUs(send, concurrency));
  }
  process.stdout.write(`CPU per call, ${concurrency} at once (${turns} turns of ${callsPerTurn} calls)\n`);
  for (const [name, [first = 0, ...others]] of costs) {
    const [least = 0, ...rest] = others.sort((a, b) => a - b);
    const median = rest[Math.floor(rest.length / 2) - 1] ?? least;
    process.stdout.write(`${name.padEnd(24)} least ${us(least)}   median ${us(median)}   cold ${us(first)}\n`);
  }
}
socketClient.close();
agent.destroy();

async function costUs(send: () => Promise<unknown>, concurrency: number): Promise<number> {
  let left = callsPerTurn;
  const worker = async () => {
    for (; left > 0; left -= 1) await send();
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / callsPerTurn;
}

function us(value: number): string {
  return `${value.toFixed(1).padStart(6)} µs`;
}

function sendByAgent(): Promise<string> {
  const { method, path, headers, body } = call;
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((fulfil, reject) => {
    const sent = request({ agent, hostname, port, method, path, headers: { ...headers, ...length } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => fulfil(text));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
