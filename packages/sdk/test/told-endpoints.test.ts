import { expect, test } from 'vitest';
import { Keyward } from '../src/keyward.ts';
import { SealingServer } from './sealing-server.ts';

test('the server is told of patterns, each once and a thousand at most, and of no path that callers make up', async () => {
  const server = new SealingServer();
  const fetch: typeof globalThis.fetch = async (input, { method, headers, body } = {}) => {
    const { pathname, search } = new URL(String(input));
    const request = { path: `${pathname}${search}`, headers: headers as Record<string, string>, timeoutMs: 0 }; // as the SDK has them
    const answer = await server.send(
      method === 'POST' ? { ...request, method, body: String(body) } : { ...request, method: 'GET' },
    );
    return new Response(answer.body, answer);
  };
  const baseUrl = 'https://keys.example.com';
  const keyward = new Keyward({ serverKey: 'sk_live_a', projectEnv: 'a', baseUrl, fetch });
  const ask = (path: string, route?: string) => keyward.validate({ key: 'sk_a', method: 'get', path, route });
  const ids = Array.from({ length: 1_010 }, (_, i) => i);
  await Promise.all(ids.flatMap((i) => [ask(`/${i}/7`, `/${i}/:id`), i < 20 && ask(`/${i}/made-up`)]));
  await Promise.all(ids.slice(0, 20).map((i) => ask(`/${i}/8`, `/${i}/:id`)));
  expect(await keyward.flush(60_000)).toBe(true);
  const told = server.received.filter(({ path }) => path.startsWith('/api/v1/endpoint?')).map(({ json }) => json);
  expect(told).toEqual(
    Array.from({ length: 1_000 }, (_, i) => ({ method: 'GET', path: `/${i}/{id}`, name: `GET /${i}/{id}` })),
  );
  expect(server.received).toHaveLength(2_050);
  keyward.close();
});
