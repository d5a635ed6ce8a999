import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runtime } from '../src/node/runtime.ts';
import { ServerMode } from '../src/server/server-mode.ts';
import { SealingServer } from './sealing-server.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('where nothing goes on after a request, what is told of it keeps to the time of the whole call', async () => {
  const server = new SealingServer();
  const send = server.send.bind(server);
  server.send = async (request) => {
    if (request.path.startsWith('/api/v1/endpoint')) return new Promise(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 400));
    return send(request);
  };
  const mode = new ServerMode({
    runtime: { ...runtime, lifetime: 'request', createHttpClient: () => server },
    server: {
      serverKey: 'sk_live_a',
      projectEnv: 'a',
      baseUrl: new URL('https://keys.example.com/api/v1'),
      pins: [],
      privateKey: undefined,
      timeoutMs: 1_000,
      maxSockets: 1,
      ca: undefined,
      fetch: undefined,
    },
    settings: { failOpen: true, autoRegisterEndpoints: true },
    onIncident: () => undefined,
  });
  const facts = { key: 'sk_a', method: 'GET', path: '/users/7', route: '/users/:id' };
  let isAnswered = false;
  const validation = mode.validate({ facts, key: 'sk_a', claims: undefined });
  void validation.then(() => {
    isAnswered = true;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(isAnswered).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isAnswered).toBe(true);
  expect(await validation).toMatchObject({ allowed: true, degraded: false });
});
