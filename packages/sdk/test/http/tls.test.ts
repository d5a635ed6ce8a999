import { createServer, type Server } from 'node:https';
import { createServer as createNetServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { SocketClient } from '../../src/http/socket-client.ts';
import { get, post, socketClient } from './http-clients.ts';
import { serverCertificate } from './server-certificate.ts';
import { listen } from './servers.ts';

const ca = serverCertificate.cert;

function tlsServer(): { server: Server; seen: TLSSocket[] } {
  const seen: TLSSocket[] = [];
  const server = createServer({ ...serverCertificate, ALPNProtocols: ['h2', 'http/1.1'] }, (request, response) => {
    // A server of TLS has sockets of TLS.
    const socket = request.socket as TLSSocket;
    seen.push(socket);
    request.pipe(response);
  });
  return { server, seen };
}

describe('over TLS', () => {
  it('the server proves its name, and hears it', async () => {
    const { server, seen } = tlsServer();
    const port = await listen(server);
    const client = socketClient({ origin: `https://localhost:${port}`, ca });
    expect(await client.send(post('{"é":1}'))).toMatchObject({ status: 200, body: '{"é":1}' });
    expect(await client.send(post('{"é":2}'))).toMatchObject({ status: 200, body: '{"é":2}' });
    const [first, second] = seen;
    expect(first).toMatchObject({ alpnProtocol: 'http/1.1', servername: 'localhost' });
    expect(second).toBe(first);
  });

  it('one that nobody vouches for, or under another name, is no answer', async () => {
    const port = await listen(tlsServer().server);
    const failure = { kind: 'network', message: expect.stringMatching(/^cannot connect \(.*CERT/) };
    await expect(socketClient({ origin: `https://localhost:${port}` }).send(get())).rejects.toMatchObject(failure);
    const byAddress = socketClient({ origin: `https://127.0.0.1:${port}`, ca });
    await expect(byAddress.send(get())).rejects.toMatchObject(failure);
  });

  it('has a deadline while it connects', async () => {
    const port = await listen(createNetServer(() => undefined));
    await expect(socketClient({ origin: `https://localhost:${port}`, ca }).send(get('/', 50))).rejects.toMatchObject({
      kind: 'timeout',
      message: 'no answer within 50 ms: connecting',
    });
  });

  it('a `ca` that is none is refused at once', () => {
    expect(() => new SocketClient({ origin: 'https://localhost', ca: 'no certificate' })).toThrow();
  });
});
