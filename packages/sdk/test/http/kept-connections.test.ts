import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { get, post, socketClient } from './http-clients.ts';
import { okAnswer, type RawRequest, rawServer } from './servers.ts';

const network = { name: 'HttpFailure', kind: 'network' };
const protocol = { name: 'HttpFailure', kind: 'protocol' };

/** A server of sockets, and what it was sent: connection and number on it. */
async function recording(answer: (request: RawRequest) => void): Promise<{ origin: string; seen: string[] }> {
  const seen: string[] = [];
  const origin = await rawServer((request) => {
    seen.push(`${request.connectionsBefore}.${request.before}`);
    answer(request);
  });
  return { origin, seen };
}

describe('a connection', () => {
  it('is used again, and carries head and body in one piece', async () => {
    const { origin, seen } = await recording(({ socket, text }) => {
      expect(text).toMatch(/^POST \/ HTTP\/1\.1\r\nhost: [^\r]+\r\ncontent-length: 5\r\n\r\nhello$/);
      socket.write(okAnswer);
    });
    const client = socketClient({ origin });
    for (let i = 0; i < 3; i += 1) await client.send(post('hello'));
    expect(seen).toEqual(['0.0', '0.1', '0.2']);
  });

  it.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}'],
    ['Keep-Alive: timeout=0', 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 2\r\n\r\n{}'],
  ])('is closed by us after %s', async (_name, answer) => {
    const closed: Promise<unknown>[] = [];
    const { origin, seen } = await recording(({ socket }) => {
      closed.push(once(socket, 'close'));
      socket.write(answer);
    });
    const client = socketClient({ origin });
    await client.send(get());
    await client.send(get());
    expect(seen).toEqual(['0.0', '1.0']);
    await Promise.all(closed);
  });

  it('that closes when it is used again is replaced, and the call is sent once more', async () => {
    const { origin, seen } = await recording(({ socket, before }) => {
      if (before === 0) socket.write(okAnswer);
      else socket.destroy();
    });
    const client = socketClient({ origin });
    await client.send(get());
    expect(await client.send(get())).toMatchObject({ status: 200 });
    expect(seen).toEqual(['0.0', '0.1', '1.0']);
  });

  it('that is reset when it is used again is replaced as well, with every place taken', async () => {
    const { origin, seen } = await recording(({ socket, before }) => {
      if (before === 0) socket.write(okAnswer);
      else socket.resetAndDestroy();
    });
    const client = socketClient({ origin, maxSockets: 1 });
    await client.send(get());
    const calls = [client.send(get()), client.send(get()), client.send(get())];
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    // Each lost call goes before those that wait: to a connection of its own, which the next call loses.
    expect(seen).toEqual(['0.0', '0.1', '1.0', '1.1', '2.0', '2.1', '3.0']);
  });

  it('that closes without an answer to its first call is a failure', async () => {
    const { origin, seen } = await recording(({ socket }) => socket.destroy());
    await expect(socketClient({ origin }).send(get())).rejects.toMatchObject(network);
    expect(seen).toEqual(['0.0']);
  });

  it('is tried no third time', async () => {
    const { origin, seen } = await recording(({ socket, connectionsBefore, before }) => {
      if (connectionsBefore === 0 && before === 0) socket.write(okAnswer);
      else socket.destroy();
    });
    const client = socketClient({ origin });
    await client.send(get());
    await expect(client.send(get())).rejects.toMatchObject(network);
    expect(seen).toEqual(['0.0', '0.1', '1.0']);
  });

  it('that gave one byte of an answer is a failure: the call has been read', async () => {
    const { origin, seen } = await recording(({ socket, before }) => {
      if (before === 0) socket.write(okAnswer);
      else socket.end('H');
    });
    const client = socketClient({ origin });
    await client.send(get());
    await expect(client.send(get())).rejects.toMatchObject(network);
    expect(seen).toEqual(['0.0', '0.1']);
  });

  it('that is slow is a failure, and not sent again', async () => {
    const { origin, seen } = await recording(({ socket, before }) => {
      if (before === 0) socket.write(okAnswer);
    });
    const client = socketClient({ origin });
    await client.send(get());
    await expect(client.send(get('/', 50))).rejects.toMatchObject({ kind: 'timeout' });
    await vi.waitFor(() => expect(seen).toEqual(['0.0', '0.1']));
  });

  it('that gets bytes while it is idle is closed, and they answer nothing', async () => {
    const sockets: Socket[] = [];
    const { origin, seen } = await recording(({ socket }) => {
      sockets.push(socket);
      socket.write(okAnswer);
    });
    const client = socketClient({ origin });
    await client.send(get());
    const [first] = sockets;
    first?.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    if (first) await once(first, 'close');
    expect(await client.send(get())).toMatchObject({ status: 200 });
    expect(seen).toEqual(['0.0', '1.0']);
  });

  it.each([
    ['more bytes than its answer', `${okAnswer}HTTP/1.1 200 OK\r\n`],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    ['a body that is not UTF-8', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xff'],
  ])('that brings %s is closed', async (_name, answer) => {
    const closed: Promise<unknown>[] = [];
    const { origin, seen } = await recording(({ socket, connectionsBefore }) => {
      closed.push(once(socket, 'close'));
      socket.write(connectionsBefore === 0 ? answer : okAnswer, 'latin1');
    });
    const client = socketClient({ origin });
    await expect(client.send(get())).rejects.toMatchObject(protocol);
    await closed[0];
    expect(await client.send(get())).toMatchObject({ status: 200 });
    expect(seen).toEqual(['0.0', '1.0']);
  });

  it('that the server closed while it was idle is not used', async () => {
    const { origin, seen } = await recording(({ socket }) => socket.end(okAnswer));
    const client = socketClient({ origin });
    for (let i = 0; i < 3; i += 1) expect(await client.send(get())).toMatchObject({ status: 200 });
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((call) => call.endsWith('.0'))).toHaveLength(3);
  });

  const short = 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\n{}';

  it('is closed by us when it has been idle for long', async () => {
    const ended: Promise<unknown>[] = [];
    const { origin } = await recording(({ socket }) => {
      ended.push(once(socket, 'end'));
      socket.write(short);
    });
    const client = socketClient({ origin });
    await Promise.all([client.send(get()), client.send(get())]);
    expect(ended).toHaveLength(2);
    await Promise.all(ended);
  });

  it('is not used when it has been idle for long, though no timer had time to fire', async () => {
    const { origin, seen } = await recording(({ socket }) => socket.write(short));
    const client = socketClient({ origin });
    await client.send(get());
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    await client.send(get());
    expect(seen).toEqual(['0.0', '1.0']);
  });
});
