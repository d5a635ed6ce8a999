import type { ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { get, socketClient } from './http-clients.ts';
import { closedOrigin, httpServer } from './servers.ts';

/** A server that keeps every call until it is told. */
async function holding(): Promise<{ origin: string; arrived: string[]; release: () => void }> {
  const arrived: string[] = [];
  const held: ServerResponse[] = [];
  const origin = await httpServer(({ url = '' }, response) => {
    arrived.push(url);
    held.push(response.setHeader('url', url));
  });
  return { origin, arrived, release: () => void held.shift()?.end('{}') };
}

describe('calls beyond the number of sockets', () => {
  it('wait, and are sent in the order in which they came', async () => {
    const paths = Array.from({ length: 512 }, (_, n) => `/${n}`);
    const arrived: string[] = [];
    const held: ServerResponse[] = [];
    const origin = await httpServer(({ url = '' }, response) => {
      arrived.push(url);
      held.push(response.setHeader('url', url));
      // One is answered when eight are here, so the next to arrive can only be the next in line.
      if (held.length === 8) held.shift()?.end('{}');
      if (arrived.length === paths.length) for (const last of held) last.end('{}');
    });
    const client = socketClient({ origin, maxSockets: 8 });
    const answers = await Promise.all(paths.map((path) => client.send(get(path, 60_000))));
    expect(answers.map(({ headers }) => headers.url)).toEqual(paths);
    expect(arrived.slice(0, 8).sort()).toEqual(paths.slice(0, 8));
    expect(arrived.slice(8)).toEqual(paths.slice(8));
  });

  it('have their deadline while they wait, and are not sent when it is over', async () => {
    const { origin, arrived, release } = await holding();
    const client = socketClient({ origin, maxSockets: 1 });
    const first = client.send(get('/first'));
    await vi.waitFor(() => expect(arrived).toEqual(['/first']), { timeout: 5_000 });
    await expect(client.send(get('/late', 30))).rejects.toMatchObject({
      kind: 'timeout',
      message: 'no answer within 30 ms: waiting for a free connection',
    });
    const last = client.send(get('/last'));
    // The late one may have been over before the first had arrived.
    await vi.waitFor(() => expect(arrived).toEqual(['/first']));
    release();
    await first;
    await vi.waitFor(() => expect(arrived).toEqual(['/first', '/last']));
    release();
    expect(await last).toMatchObject({ status: 200 });
  });

  it('go on when the one before them is too late, or finds nobody', async () => {
    const { origin, release, arrived } = await holding();
    const client = socketClient({ origin, maxSockets: 1 });
    const late = client.send(get('/late', 50));
    const next = client.send(get('/next'));
    await expect(late).rejects.toMatchObject({ kind: 'timeout' });
    await vi.waitFor(() => expect(arrived).toContain('/next'), { timeout: 5_000 });
    release();
    release();
    expect(await next).toMatchObject({ status: 200 });
    const toNobody = socketClient({ origin: await closedOrigin(), maxSockets: 2 });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => toNobody.send(get())));
    expect(results.map((result) => result.status === 'rejected' && result.reason.kind)).toEqual(
      Array(20).fill('network'),
    );
  });

  it('fail when the client is closed', async () => {
    const { origin } = await holding();
    const client = socketClient({ origin, maxSockets: 1 });
    const calls = [client.send(get()), client.send(get()), client.send(get())];
    client.close();
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ kind: 'network', message: 'the client was closed' });
  });
});
