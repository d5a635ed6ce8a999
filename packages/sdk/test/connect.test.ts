import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { keywardMiddleware } from '../src/adapters/express.ts';
import { Keyward } from '../src/keyward.ts';
import type { RequestFacts } from '../src/validation.ts';

const own: Disposable[] = [];
afterEach(() => {
  for (const each of own.splice(0)) each[Symbol.dispose]();
});

/** What an Express application with one route asks about a request that is written as it stands, and what it answers. */
async function ask(target: string): Promise<{ status: string | undefined; told: RequestFacts | undefined }> {
  const told: RequestFacts[] = [];
  const keyward = new Keyward({ secret: 'a' });
  keyward.validate = async (facts) => {
    told.push(facts);
    const claims = keyward.verify(await keyward.create('acme'));
    return { allowed: true, claims, clientId: undefined, degraded: false, headers: {} };
  };
  const app = express();
  app.use(keywardMiddleware({ keyward }));
  app.get('/admin', (_, response) => void response.end());
  const server = app.listen(0, '127.0.0.1');
  own.push({ [Symbol.dispose]: () => server.close() });
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1'); // a TCP server has one
  socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const [, status] = (await text(socket)).split(' ');
  return { status, told: told[0] };
}

test.each(['/admin', '/admin?a', 'http://elsewhere/admin', 'HTTP://a/admin?b', 'any://b@a:1/admin'])(
  '%s is asked about as the route that answers it',
  async (target) => {
    expect(await ask(target)).toMatchObject({ status: '200', told: { path: '/admin', route: '/admin' } });
  },
);

test.each(['http://a', 'http://a?b'])('%s is the root', async (target) => {
  expect(await ask(target)).toMatchObject({ status: '404', told: { path: '/', route: undefined } });
});
