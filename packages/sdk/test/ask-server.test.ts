import { expect, test } from 'vitest';
import { Keyward } from '../src/keyward.ts';
import type { Incident } from '../src/server/incidents.ts';
import { SealingServer } from './sealing-server.ts';

/** What an application answers, and hears, when the server says so of a key that is good by itself. */
async function ask(verdict: Record<string, unknown>) {
  const server = new SealingServer();
  server.answer = () => ({ status: 200, json: { success: false, clientId: '', ...verdict } });
  const incidents: Incident[] = [];
  const keyward = new Keyward({
    secret: 'a',
    serverKey: 'sk_live_a',
    projectEnv: 'a',
    baseUrl: 'https://keys.example.com',
    onIncident: (incident) => incidents.push(incident),
    fetch: async (input, init) => {
      const { pathname, search } = new URL(String(input));
      const method = init?.method === 'GET' ? 'GET' : 'POST';
      const body = String(init?.body ?? '');
      const answer = await server.send({ method, path: pathname + search, headers: {}, body, timeoutMs: 0 });
      return new Response(answer.body, answer);
    },
  });
  const key = await new Keyward({ secret: 'a' }).create('acme');
  const validation = await keyward.validate({ key, method: 'GET', path: '/' });
  return { validation, kinds: incidents.map(({ kind }) => kind) };
}

test.each(['ENVIRONMENT_UNKNOWN', 'ENCRYPTION_REQUIRED', 'SIGNATURE_REQUIRED', 'SIGNATURE_INVALID', 'STALE_REQUEST'])(
  '%s is about the application: its callers hear of no bad key, and who runs it hears of it',
  async (code) => {
    expect(await ask({ status: 401, code, message: 'no' })).toMatchObject({
      validation: { allowed: false, status: 503, code: 'UNAVAILABLE' },
      kinds: ['server-refused'],
    });
  },
);

test.each([
  [401, 'INVALID_KEY'],
  [403, 'REVOKED'],
  [429, 'RATE_LIMITED'],
])('%i %s is a verdict, and no incident', async (status, code) => {
  expect(await ask({ status, code, message: 'no' })).toMatchObject({
    validation: { allowed: false, status, code },
    kinds: [],
  });
});
