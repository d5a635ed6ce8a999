import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { describeClients, get, post } from './http-clients.ts';
import { closedOrigin, httpServer, rawServer } from './servers.ts';

const network = { name: 'HttpFailure', kind: 'network' };
const protocol = { name: 'HttpFailure', kind: 'protocol' };
const timeout = { name: 'HttpFailure', kind: 'timeout' };

async function tell(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const { host, 'content-type': type, 'content-length': length } = request.headers;
  response.end(JSON.stringify({ method: request.method, url: request.url, host, type, length, body }));
}

describeClients('a client of HTTP', (open) => {
  it('sends method, path, headers and body as they stand', async () => {
    const origin = await httpServer(tell);
    const client = open({ origin });
    const path = '/a%2Fb/c?project_env=x&method_path=GET%3A%2Fé'.replace('é', '%C3%A9');
    const sent = await client.send({ ...post('{"name":"é€😀"}', { 'content-type': 'application/json' }), path });
    expect(JSON.parse(sent.body)).toEqual({
      method: 'POST',
      url: path,
      host: origin.replace('http://', ''),
      type: 'application/json',
      length: '20',
      body: '{"name":"é€😀"}',
    });
    expect(JSON.parse((await client.send(post(''))).body)).toMatchObject({ method: 'POST', length: '0', body: '' });
    expect(JSON.parse((await client.send(get('/x'))).body)).toMatchObject({ method: 'GET', url: '/x', body: '' });
  });

  it('answers with status, headers and body, whatever the status', async () => {
    const origin = await httpServer((request, response) => {
      response.setHeader('X-Seen', ['a', 'b']).setHeader('set-cookie', ['c=1', 'd=2']);
      response.writeHead(Number(request.url?.slice(1))).end('{"é":"€"}');
    });
    const client = open({ origin });
    for (const status of [200, 201, 400, 404, 429, 500, 503]) {
      const answer = await client.send(get(`/${status}`));
      expect(answer).toMatchObject({ status, body: '{"é":"€"}' });
      expect(answer.headers).toMatchObject({ 'x-seen': 'a, b', 'set-cookie': 'c=1, d=2' });
    }
    expect(await client.send(get('/204'))).toMatchObject({ status: 204, body: '' });
  });

  it('never follows a redirect', async () => {
    let asked = 0;
    const origin = await httpServer((_request, response) => {
      asked += 1;
      response.writeHead(307, { location: '/elsewhere' }).end('{}');
    });
    const answer = await open({ origin }).send(post('{}', { 'x-api-key': 'secret' }));
    expect(answer).toMatchObject({ status: 307, headers: { location: '/elsewhere' } });
    expect(asked).toBe(1);
  });

  it('asks for no compression', async () => {
    const origin = await httpServer((request, response) => {
      response.end(request.headers['accept-encoding'] ?? 'identity');
    });
    expect(await open({ origin }).send(get())).toMatchObject({ body: 'identity' });
  });

  it('reads a body in chunks, of a length, and up to the close', async () => {
    const bodies = [
      'transfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nx: y\r\n\r\n',
      'content-length: 5\r\n\r\nabcde',
      'connection: close\r\n\r\nabcde',
    ];
    const origin = await rawServer(({ socket, text }) => {
      const body = bodies[Number(/\/(\d)/.exec(text)?.[1])] ?? '';
      socket.write(`HTTP/1.1 200 OK\r\n${body}`);
      if (body.includes('close')) socket.end();
    });
    const client = open({ origin });
    for (const path of ['/0', '/1', '/2']) expect(await client.send(get(path))).toMatchObject({ body: 'abcde' });
  });

  it('waits no longer than its deadline for a head, nor for the last byte of a body', async () => {
    const origin = await rawServer(({ socket, text }) => {
      if (text.startsWith('GET /body')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd');
    });
    const client = open({ origin });
    await expect(client.send(get('/head', 60))).rejects.toMatchObject(timeout);
    await expect(client.send(get('/body', 60))).rejects.toMatchObject(timeout);
  });

  it('is not kept from its deadline by a body that trickles', async () => {
    const origin = await rawServer(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const trickle = setInterval(() => socket.write('1\r\na\r\n'), 5);
      socket.on('close', () => clearInterval(trickle));
    });
    await expect(open({ origin }).send(get('/', 100))).rejects.toMatchObject(timeout);
  });

  it('fails with `network` when nobody listens, and when the connection breaks before the last byte', async () => {
    await expect(open({ origin: await closedOrigin() }).send(get())).rejects.toMatchObject(network);
    const part = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd';
    const origin = await rawServer(({ socket, text }) => {
      if (text.startsWith('GET /end')) socket.end(part);
      else if (text.startsWith('GET /part')) socket.write(part, () => socket.resetAndDestroy());
      else socket.resetAndDestroy();
    });
    const client = open({ origin });
    for (const path of ['/end', '/part', '/reset']) {
      await expect(client.send(get(path))).rejects.toMatchObject(network);
    }
  });

  it('fails with `protocol` when what answers is no HTTP, no UTF-8, or too much', async () => {
    const answers = ['SSH-2.0-OpenSSH_9.9\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xc3\x28', ''];
    const origin = await rawServer(({ socket, text }) => {
      const answer = answers[Number(/\/(\d)/.exec(text)?.[1])];
      socket.write(
        answer || `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\n${'a'.repeat(100)}\r\n`,
        'latin1',
      );
    });
    const client = open({ origin, maxBodyBytes: 99 });
    for (const path of ['/0', '/1', '/2']) await expect(client.send(get(path))).rejects.toMatchObject(protocol);
  });

  it('takes a body of the largest size', async () => {
    const origin = await httpServer((_request, response) => {
      response.write('é'.repeat(50));
      response.end('é'.repeat(50_000));
    });
    expect(await open({ origin, maxBodyBytes: 100_100 }).send(get())).toMatchObject({ body: 'é'.repeat(50_050) });
    await expect(open({ origin, maxBodyBytes: 100_099 }).send(get())).rejects.toMatchObject(protocol);
  });

  it('fails calls under way when it is closed, and those that come after', async () => {
    const origin = await httpServer(() => undefined);
    const client = open({ origin });
    const calls = [client.send(get('/1')), client.send(get('/2'))];
    client.close();
    for (const call of [...calls, client.send(get('/3'))]) await expect(call).rejects.toMatchObject(network);
  });

  it('is closed with an answer half read', async () => {
    let client = open({ origin: 'http://127.0.0.1:1' });
    const origin = await rawServer(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd', () => client.close());
    });
    client = open({ origin });
    await expect(client.send(get())).rejects.toMatchObject(network);
  });

  it('makes 100 calls at once, each with its own answer', async () => {
    const origin = await httpServer(({ url }, response) => void setImmediate(() => response.end(url)));
    const client = open({ origin });
    const paths = Array.from({ length: 100 }, (_, n) => `/${n}`);
    const answers = await Promise.all(paths.map((path) => client.send(get(path, 60_000))));
    expect(answers.map(({ body }) => body)).toEqual(paths);
  });

  it('writes no header that ends its own line, nor one that is its own business', async () => {
    const client = open({ origin: await closedOrigin() });
    const bad: Record<string, string>[] = [
      { 'x-key': 'a\r\nx-other: b' },
      { 'x-key': 'a\nb' },
      { 'x-key': 'a\0' },
      { 'x-key': 'é' },
      { 'x key': 'a' },
      { 'x-key:': 'a' },
      { '': 'a' },
      { 'X-Key': 'a' },
      { host: 'elsewhere' },
      { 'content-length': '0' },
      { 'transfer-encoding': 'chunked' },
      { connection: 'close' },
    ];
    for (const headers of bad) await expect(client.send(post('{}', headers))).rejects.toBeInstanceOf(TypeError);
    await expect(client.send({ ...post('{}'), method: 'GET' })).rejects.toBeInstanceOf(TypeError);
  });

  it('never tells a header’s value in an error: it may be a secret', async () => {
    const client = open({ origin: await closedOrigin() });
    const failure = await client.send(post('{}', { 'x-key': 'sk_live_é' })).catch(String);
    expect(failure).toContain('x-key');
    expect(failure).not.toContain('sk_live');
  });

  it('leads to an origin, and to nothing else', () => {
    for (const origin of ['', 'localhost:80', 'ftp://a', 'http://a/b', 'http://u:p@a', 'http://a?b', 'http://a#b']) {
      expect(() => open({ origin }), origin).toThrow(TypeError);
    }
  });
});
