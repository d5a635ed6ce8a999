import { newId } from '@keyward/kit/random';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import { type Caller, call } from '@keyward/tests/platform/wire-client';
import type { Recipient } from '../load/call-plan.ts';
import { cloneClients } from './clone-clients.ts';

/** What is measured is asked of one environment. */
export interface Environment {
  projectEnv: string;
  serverKey: string;
  recipient: Recipient;
  /** Makes clients and answers their raw keys, one for each. */
  addClients(count: number, template: Template): Promise<string[]>;
  /** How many calls its usage tells of. */
  countedCalls(): Promise<number>;
}

/** All have limits in four windows: limits that nobody reaches, or one call a month. */
export type Template = 'plenty' | 'used up';

/** An address that every client may call from, and one that none may. */
export const callerIp = '203.0.113.9';
export const strangeIp = '192.0.2.1';
const ipWhitelist = ['198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'];

const plenty = 1_000_000_000_000;
const inFourWindows = { rateLimitHour: plenty, rateLimitDay: plenty, rateLimitWeek: plenty, rateLimitMonth: plenty };
const templates: ({ name: Template } & typeof inFourWindows)[] = [
  { name: 'plenty', ...inFourWindows },
  { name: 'used up', ...inFourWindows, rateLimitMonth: 1 },
];

interface Place {
  /** An owner's calls. */
  owner: Caller;
  redisUrl: string;
  pepper: string;
}

export async function createEnvironment({ owner, ...place }: Place): Promise<Environment> {
  const project = { slug: 'bench', name: 'Bench', envs: [{ type: 'production', templates }] };
  const made = await answered(owner, '/project', project);
  const [{ project_env: projectEnv, serverKey, templates: stored }] = made.envs.list;
  const published = await call(owner, 'GET', '/.well-known/encryption-keys');
  const [{ kid, public_key: publicKey }] = published.body.keys;
  const caller = { url: owner.url, headers: { 'x-api-key': serverKey } };
  const idOf = (template: Template) => stored.list.find(({ name }: { name: string }) => name === template).id;
  return {
    projectEnv,
    serverKey,
    recipient: { kid, publicKey },
    async addClients(count, template) {
      const made = await addClients(caller, count > mostByCalls ? 1 : count, idOf(template));
      const [like = ''] = made;
      return [...made, ...(await cloneClients({ ...place, like, count: count - made.length }))];
    },
    countedCalls: () => countedCalls(owner, projectEnv),
  };
}

/** A few minutes' worth. */
const mostByCalls = 5_000;
const clientsPerCall = 100;
const callsAtOnce = 4;

async function addClients(caller: Caller, count: number, templateId: string): Promise<string[]> {
  const calls = { count: Math.ceil(count / clientsPerCall), lanes: callsAtOnce };
  const keys = await inParallel(calls, async (i) => {
    const body = Array.from({ length: Math.min(clientsPerCall, count - i * clientsPerCall) }, () => ({
      name: `client ${newId()}`,
      ...{ templateId, ipWhitelist, keys: [{ name: 'k' }] },
    }));
    const made: { keys: [{ key: string }] }[] = await answered(caller, '/client', body);
    return made.map((client) => client.keys[0].key);
  });
  return keys.flat();
}

async function countedCalls(owner: Caller, projectEnv: string): Promise<number> {
  const { status, body } = await call(owner, 'GET', `/usage?interval=day&project_env=${projectEnv}`);
  if (status !== 200) throw new Error(`usage was answered ${status}: ${JSON.stringify(body)}`);
  return body.data.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape, as wire-client.ts has them
async function answered(caller: Caller, path: string, body: unknown): Promise<any> {
  const { status, body: made } = await call(caller, 'POST', path, { body });
  if (status !== 201) throw new Error(`${path} was answered ${status}: ${JSON.stringify(made)}`);
  return made;
}
