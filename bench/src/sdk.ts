/**
 * What the SDK costs the application: `node_modules/node/bin/node bench/src/sdk.ts` prints CPU µs (user and system, of this
 * process) of a local check, and of a whole call to a Keyward that runs in processes of its own, with a reused session.
 */
import { Keyward } from 'keyward/keyward';
import { startInstallation } from './installation.ts';

const projectEnv = 'bench-production';
const localChecks = 50_000;
const calls = 5_000;
const turns = 5;

const local = new Keyward({ secret: 'bench-secret' });
const signed = await local.create('acme', { scopes: ['read', 'write'], meta: { plan: 'pro' } });
await repeat(localChecks, () => local.verify(signed)); // warm
const localUs = await leastUs(() => repeat(localChecks, () => local.verify(signed)), localChecks);
print('a local check', localUs);

await using installation = await startInstallation({ clients: 100 });
const { url: baseUrl, serverKey, keys } = installation;
// Without a secret here, so that every call is the server's alone, and what is printed is what server mode adds.
const keyward = new Keyward({ serverKey, projectEnv, baseUrl });
let counter = 0;
const ask = async () => {
  counter += 1;
  const facts = { method: 'GET', path: '/users/7', route: '/users/:id', remoteAddress: '203.0.113.9', headers };
  const validation = await keyward.validate({ ...facts, key: keys[counter % keys.length] });
  if (!validation.allowed) throw new Error(`refused: ${validation.code}`);
};
const headers = { 'user-agent': 'bench/1.0', 'x-forwarded-for': '203.0.113.9' };
for (const atOnce of [1, 8, 64]) {
  const run = () => Promise.all(Array.from({ length: atOnce }, () => repeat(Math.ceil(calls / atOnce), ask)));
  await run(); // warm
  print(`a call to the server, ${atOnce} at once`, await leastUs(run, calls));
}
keyward.close();

async function repeat(times: number, work: () => unknown): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const made = work();
    if (made instanceof Promise) await made;
  }
}

/** The least of some turns is nearest to what it costs by itself. */
async function leastUs(run: () => Promise<unknown>, count: number): Promise<number> {
  const costs: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / count);
  }
  return Math.min(...costs);
}

function print(what: string, us: number): void {
  process.stdout.write(`${what.padEnd(36)} ${us.toFixed(1).padStart(6)} µs of CPU\n`);
}
