import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { outboundCall } from '@keyward/kit/outbound-call';
import { outboundRules } from '@keyward/kit/outbound-rules';
import { afterEach, describe, expect, it } from 'vitest';
import { receiverCertificate } from './receiver-certificate.ts';

const loopback = [{ address: '127.0.0.1', family: 4 }];
const trusted = getCACertificates('default');
let servers: Server[] = [];

afterEach(async () => {
  setDefaultCACertificates(trusted);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  servers = [];
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}
const plain = (listener: RequestListener) => listen(createServer(listener));
const overTls = (listener: RequestListener) => listen(createTlsServer(receiverCertificate, listener));

const rules = outboundRules({ allowedHosts: 'receiver.test,127.0.0.1' });
const onLoopback = outboundCall({ rules, resolve: async () => loopback });
const to = (port: number, { scheme = 'http', host = 'receiver.test' } = {}) =>
  ({ method: 'POST', url: `${scheme}://${host}:${port}/hook`, headers: { a: 'b' }, body: '{}' }) as const;

describe('a call to an outside URL', () => {
  it('is answered with status, headers and body', async () => {
    const port = await plain((request, response) => {
      response.setHeader('seen', `${request.method} ${request.url} ${request.headers.host} ${request.headers.a}`);
      request.pipe(response.writeHead(202));
    });
    const { status, headers, body } = await onLoopback(to(port));
    expect({ status, seen: headers.seen, body: body.toString() }).toEqual({
      status: 202,
      seen: `POST /hook receiver.test:${port} b`,
      body: '{}',
    });
  });

  it('over TLS goes to a host that proves its name, and to no other', async () => {
    const port = await overTls((_request, response) => response.end());
    const call = () => onLoopback(to(port, { scheme: 'https' }));
    await expect(call()).rejects.toMatchObject({ fault: 'tls' });
    setDefaultCACertificates([...trusted, receiverCertificate.cert]);
    expect(await call()).toMatchObject({ status: 200 });
    await expect(onLoopback({ ...to(port), url: `https://another.test:${port}/` })).rejects.toMatchObject({
      fault: 'not-allowed',
    });
    const anyName = outboundCall({
      rules: outboundRules({ allowedRanges: '127.0.0.0/8' }),
      resolve: async () => loopback,
    });
    await expect(anyName({ ...to(port), url: `https://another.test:${port}/` })).rejects.toMatchObject({
      fault: 'tls',
    });
  });

  it('looks the name up once, and connects to what was checked', async () => {
    const port = await plain((_request, response) => response.end());
    const asked: string[] = [];
    // A name that is bound anew between the check and the call: nobody listens at the address that was allowed.
    const call = outboundCall({
      rules: { urlFault: () => undefined, allows: (_host, address) => address === '127.0.0.2' },
      deadlineMs: 500,
      resolve: async (host) => {
        asked.push(host);
        return asked.length === 1 ? [{ address: '127.0.0.2', family: 4 }] : loopback;
      },
    });
    await expect(call(to(port))).rejects.toMatchObject({ fault: expect.stringMatching(/timeout|unreachable/) });
    expect(asked).toEqual(['receiver.test']);
    await expect(call(to(port))).rejects.toMatchObject({ fault: 'not-allowed' });
  });

  it('is not made when one of several addresses may not be called', async () => {
    let calls = 0;
    const port = await plain((_request, response) => {
      calls += 1;
      response.end();
    });
    const mixed = async () => [{ address: '8.8.8.8', family: 4 }, ...loopback];
    const call = outboundCall({ rules: outboundRules(), resolve: mixed });
    await expect(call(to(port, { scheme: 'https' }))).rejects.toMatchObject({ fault: 'not-allowed' });
    await expect(call(to(port, { scheme: 'https', host: '127.0.0.1' }))).rejects.toMatchObject({
      fault: 'not-allowed',
    });
    expect(calls).toBe(0);
  });

  it('follows no redirect', async () => {
    let calls = 0;
    const port = await plain((_request, response) => {
      calls += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await onLoopback(to(port))).toMatchObject({ status: 302 });
    expect(calls).toBe(1);
  });

  it.each([
    ['before its head', () => undefined],
    ['in the middle', (response: { write(text: string): unknown }) => response.write('a')],
  ] as const)('ends at its deadline when the answer stops %s', async (_when, begin) => {
    const port = await plain((_request, response) => void begin(response));
    const call = outboundCall({ rules, resolve: async () => loopback, deadlineMs: 100 });
    await expect(call(to(port))).rejects.toMatchObject({ fault: 'timeout' });
    for (const server of servers) (server as ReturnType<typeof createServer>).closeAllConnections();
  });

  it('ends at its deadline when the name is looked up for ever', async () => {
    const call = outboundCall({ rules, resolve: () => new Promise(() => undefined), deadlineMs: 100 });
    await expect(call(to(1))).rejects.toMatchObject({ fault: 'timeout' });
  });

  it('reads no more of an answer than it may', async () => {
    const port = await plain((_request, response) => response.end('x'.repeat(1_001)));
    const call = (maxAnswerBytes: number) =>
      outboundCall({ rules, resolve: async () => loopback, maxAnswerBytes })(to(port));
    await expect(call(1_000)).rejects.toMatchObject({ fault: 'too-large' });
    expect((await call(1_001)).body).toHaveLength(1_001);
  });

  it('says that nobody listens, or that there is no such host', async () => {
    const port = await plain(() => undefined);
    await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
    await expect(onLoopback(to(port))).rejects.toMatchObject({ fault: 'unreachable' });
    const unknown = Object.assign(new Error('no such host'), { syscall: 'getaddrinfo', code: 'ENOTFOUND' });
    const call = outboundCall({ rules, resolve: () => Promise.reject(unknown) });
    await expect(call(to(port))).rejects.toMatchObject({ fault: 'unresolved' });
  });
});
