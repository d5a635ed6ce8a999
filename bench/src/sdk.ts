/**
 * What the SDK costs the application: `node_modules/node/bin/node bench/src/sdk.ts` prints CPU µs (user and system, of this process).
 *
 * What server mode adds is the difference between a `validate` that asks and one that is local, by turns, with a reused session.
 * First against a light gateway in a process of its own, which leaves this process a core; beside it what this process pays
 * for the same bytes over the same HTTP client without any envelope. Then against a whole Keyward with its stores on the same
 * machine, which contends with this process for the cores and their caches: an upper bound, not what an application of its own pays.
 */
import { sealRequestV2 } from '@keyward/envelope/v2/seal';
import { openSessionV2 } from '@keyward/envelope/v2/session';
import { printEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { Keyward } from 'keyward/keyward';
import type { HttpRequest } from '../../packages/sdk/src/http/http-client.ts';
import { SocketClient } from '../../packages/sdk/src/http/socket-client.ts';
import { leastCostsUs } from './own-cost.ts';
import { startInstallation } from './stack/installation.ts';
import { startServer } from './stack/server-process.ts';

const projectEnv = 'bench-production';
const secret = 'bench-secret';
const levels = [1, 8, 64];
const headers = { 'user-agent': 'bench/1.0', 'x-forwarded-for': '203.0.113.9' };
const facts = { method: 'GET', path: '/users/7', route: '/users/:id', remoteAddress: '203.0.113.9', headers };

const local = new Keyward({ secret });
const signed = await local.create('acme', { scopes: ['read', 'write'], meta: { plan: 'pro' } });
const checks = () => repeat(50_000, () => local.verify(signed));
/** More than it remembers, in turn: each is new to it. */
const strange = await Promise.all(
  Array.from({ length: 2_500 }, (_, i) => local.create(`t${i}`, { scopes: ['read', 'write'] })),
);
let turn = 0;
const firstChecks = () =>
  repeat(50_000, () => {
    turn += 1;
    return local.verify(strange[turn % strange.length] ?? '');
  });
const validations = () => repeat(20_000, () => ask(local, signed));
const [verifyUs = 0, firstUs = 0, validateUs = 0] = await leastCostsUs([
  { count: 50_000, run: checks },
  { count: 50_000, run: firstChecks },
  { count: 20_000, run: validations },
]);
print('verify, a key that came before', verifyUs);
print('verify, a key that is new', firstUs);
print('validate, local', validateUs);

await againstLightGateway();
await againstKeyward();

async function againstLightGateway(): Promise<void> {
  using gateway = await startServer('light-gateway.ts');
  const keyward = new Keyward({ secret, serverKey: 'sk_live_bench', projectEnv, baseUrl: gateway.url });
  const client = new SocketClient({ origin: gateway.url });
  const asked = () => ask(keyward, signed);
  const request = await sealedOnce(client);
  const bare = () => client.send(request);
  for (const atOnce of levels) {
    const [askedUs = 0, bareUs = 0] = await leastCostsUs([calls(asked, atOnce), calls(bare, atOnce)]);
    print(`server mode adds, ${atOnce} at once`, askedUs - validateUs, `HTTP alone ${bareUs.toFixed(1)}`);
  }
  client.close();
  keyward.close();
}

/** What the SDK sends, to be sent over and over: the same bytes, and the same work for the gateway. */
async function sealedOnce(client: SocketClient): Promise<HttpRequest> {
  const timeoutMs = 3_000;
  const { body: told } = await client.send({
    method: 'GET',
    path: '/api/v1/.well-known/encryption-keys',
    headers: {},
    timeoutMs,
  });
  const [{ kid, public_key: publicKey }] = JSON.parse(told).keys;
  const session = openSessionV2({ recipient: { kid, publicKey: Buffer.from(publicKey, 'base64') } });
  const path = '/client/self?project_env=bench-production&method_path=GET%3A%2Fusers%2F%7Bid%7D';
  const plaintext = JSON.stringify({
    headers: { authorization: `Bearer ${signed}`, ...headers },
    remoteAddress: '203.0.113.9',
    tellKey: true,
  });
  const envelope = sealRequestV2({ session, ts: new Date().toISOString(), plaintext, method: 'POST', path });
  const body = printEnvelopeV2(envelope);
  return {
    method: 'POST',
    path: `/api/v1${path}`,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'x-api-key': 'sk_live_bench',
      'x-apikee-encrypted': '1',
      'user-agent': 'keyward-js/0.1.0',
    },
    body,
    timeoutMs,
  };
}

async function againstKeyward(): Promise<void> {
  await using installation = await startInstallation();
  const { serverKey, addClients } = installation.environment;
  const baseUrl = installation.hotPath.url;
  const keys = await addClients(100, 'plenty');
  // Without a secret, so that these keys, which the server made, are its alone to judge.
  const keyward = new Keyward({ serverKey, projectEnv, baseUrl });
  let counter = 0;
  const asked = () => {
    counter += 1;
    return ask(keyward, keys[counter % keys.length]);
  };
  for (const atOnce of levels) {
    const [askedUs = 0] = await leastCostsUs([calls(asked, atOnce)]);
    print(`beside a whole Keyward, ${atOnce} at once`, askedUs);
  }
  keyward.close();
}

async function repeat(times: number, work: () => unknown): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const made = work();
    if (made instanceof Promise) await made;
  }
}

async function ask(keyward: Keyward, key: string | undefined): Promise<void> {
  const validation = await keyward.validate({ ...facts, key });
  if (!validation.allowed || (keyward.serverMode && validation.degraded)) throw new Error('not allowed');
}

function calls(call: () => Promise<unknown>, atOnce: number) {
  const each = 5_000 / atOnce;
  const run = () => Promise.all(Array.from({ length: atOnce }, () => repeat(each, call)));
  return { count: Math.ceil(each) * atOnce, run };
}

function print(what: string, us: number, beside = ''): void {
  process.stdout.write(`${what.padEnd(36)} ${us.toFixed(1).padStart(6)} µs   ${beside}\n`);
}
