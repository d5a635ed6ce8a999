import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { Secret } from '@keyward/contract/secret';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { defineService, startService } from '../src/service.ts';

const config = Type.Object({ TOKEN: Secret(Type.String()) });
const options = { config: { TOKEN: 'a' }, host: '127.0.0.1', port: 0, logLevel: 'silent' };

/** A service that notes what it opens and closes, and may fail at one place. */
function noting({ failAt }: { failAt?: 'second store' | 'routes' | 'background' } = {}) {
  const notes: string[] = [];
  const failHere = (place: string) => {
    if (place === failAt) throw new Error(`failed at: ${place}`);
  };
  const opened = (name: string) => {
    notes.push(`open ${name}`);
    return { [Symbol.asyncDispose]: async () => void notes.push(`close ${name}`) };
  };
  const definition = defineService({
    name: 'noting',
    config,
    schemas: [],
    bodyLimitBytes: 1_000,
    async connect({ own }) {
      own.use(opened('first store'));
      failHere('second store');
      own.use(opened('second store'));
      return {};
    },
    routes(app) {
      failHere('routes');
      app.get('/hello', async () => ({ hello: true }));
      app.addHook('onClose', async () => void notes.push('close door'));
    },
    background() {
      failHere('background');
      return opened('background');
    },
  });
  return { notes, definition };
}

test('a service closes in the reverse of how it opened: door first, stores last', async () => {
  const { notes, definition } = noting();
  const service = await startService(definition, options);
  expect(await (await fetch(`${service.url}/hello`)).json()).toEqual({ hello: true });
  await service[Symbol.asyncDispose]();
  const opened = ['first store', 'second store', 'background'];
  const closed = ['door', 'background', 'second store', 'first store'];
  expect(notes).toEqual([...opened.map((name) => `open ${name}`), ...closed.map((name) => `close ${name}`)]);
});

test('a service that is disposed listens no more', async () => {
  const service = await startService(noting().definition, options);
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  await service[Symbol.asyncDispose]();
  await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
});

test('a service that stops goes on serving for a while, not ready, and ends each connection with its answer', async () => {
  const { notes, definition } = noting();
  const service = await startService(definition, { ...options, drainMs: 1_500 });
  const asked = async (path: string) => {
    const answer = await fetch(`${service.url}${path}`);
    await answer.text();
    return [answer.status, answer.headers.get('connection')];
  };
  expect(await asked('/readyz')).toEqual([200, 'keep-alive']);
  const stopping = service[Symbol.asyncDispose]();
  expect(await asked('/readyz')).toEqual([503, 'close']);
  expect(await asked('/hello')).toEqual([200, 'close']);
  expect(notes).not.toContain('close door');
  await stopping;
  expect(notes.at(-1)).toBe('close first store');
});

test.each([
  ['second store', ['open first store', 'close first store']],
  ['routes', ['open first store', 'open second store', 'close second store', 'close first store']],
  ['background', ['open first store', 'open second store', 'close second store', 'close first store']],
] as const)('what was open is closed, in reverse, when starting fails at the %s', async (failAt, expected) => {
  const { notes, definition } = noting({ failAt });
  await expect(startService(definition, options)).rejects.toThrow(`failed at: ${failAt}`);
  expect(notes.filter((note) => note !== 'close door')).toEqual(expected);
});

test('a port that is taken closes everything again', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo; // listening on TCP
  const { notes, definition } = noting();
  await expect(startService(definition, { ...options, port })).rejects.toThrow('EADDRINUSE');
  const closed = notes.filter((note) => note.startsWith('close'));
  expect(closed).toEqual(['close door', 'close background', 'close second store', 'close first store']);
  taken.close();
});

test('what is no HTTP, or longer than the door takes, is told as a problem, too', async () => {
  await using service = await startService(noting().definition, options);
  const { port } = new URL(service.url);
  const ask = async (head: string) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(`${head}\r\n\r\n`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
    return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
  };
  expect(await ask('garbage')).toMatchObject({ status: 400, error: 'BAD_REQUEST', message: 'This is not HTTP.' });
  const long = await ask(`GET /hello?${'x'.repeat(40_000)} HTTP/1.1\r\nhost: x`);
  expect(long).toMatchObject({ error: 'BAD_REQUEST', message: 'The URL and the headers are too long.' });
});
