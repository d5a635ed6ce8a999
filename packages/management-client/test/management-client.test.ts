import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportAudit, listAudit } from '@keyward/contract/routes/audit';
import { changeClient, createClient, deleteClient, getClient, listClients } from '@keyward/contract/routes/client';
import { listKeys } from '@keyward/contract/routes/key';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forEachPage } from '../src/for-each-page.ts';
import { createManagementClient } from '../src/management-client.ts';
import { ProblemError, UnexpectedAnswer } from '../src/problem-error.ts';

type Answering = (request: IncomingMessage, response: ServerResponse) => void;
const seen: {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}[] = [];
let answers: Answering[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen.push({ method: request.method, url: request.url, headers: request.headers, body });
  (answers.shift() ?? json(200, {}))(request, response);
});
const json =
  (status: number, body: unknown, headers = {}): Answering =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const problem = (status: number, error: string, more: object = {}, headers = {}) =>
  json(status, { error, status, message: `it is ${error}`, requestId: 'r1', ...more }, headers);
const hangUp: Answering = (_, response) => response.destroy();

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());
beforeEach(() => {
  seen.length = 0;
  answers = [];
});

function newClient(more: { maxAttempts?: number; timeoutMs?: number; organizationId?: string } = {}) {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return createManagementClient({ baseUrl, credential: 'xyp_secret', ...more });
}
const id = '019aa5c1-7d21-7a81-b6f0-3c9d2e4f8a15';

describe('a call', () => {
  it('is what the route says, with its parameters, body and conditions', async () => {
    answers = [json(200, { id }, { etag: '"e"' })];
    const client = newClient({ organizationId: 'o1' });
    const answer = await client.request(changeClient, {
      params: { id: 'a/b' },
      query: { project_env: 'shop & co' },
      body: { name: 'Acme' },
      ifMatch: '"e0"',
    });
    expect(answer).toEqual({ status: 200, etag: '"e"', body: { id } });
    expect(seen).toMatchObject([
      {
        ...{ method: 'PUT', url: '/api/v1/client/a%2Fb?project_env=shop+%26+co', body: '{"name":"Acme"}' },
        headers: { authorization: 'Bearer xyp_secret', 'if-match': '"e0"', 'x-keyward-organization': 'o1' },
      },
    ]);
  });

  it('is typed by its route', () => {
    const client = newClient();
    const unused = async () => {
      const found = await client.call(getClient, { params: { id } });
      const name: string = found.name;
      // @ts-expect-error a client has no colour
      found.colour;
      // @ts-expect-error the id is missing
      await client.call(getClient, {});
      // @ts-expect-error a read has no body
      await client.call(listClients, { body: {} });
      // @ts-expect-error a name is a text
      await client.call(createClient, { body: { name: 1 } });
      return name;
    };
    expect(unused).toBeTypeOf('function');
  });

  it('that is refused throws what Keyward says', async () => {
    answers = [
      problem(409, 'ALREADY_EXISTS', { existingId: id }),
      problem(400, 'INVALID_INPUT', { errors: [{ path: '/name', message: 'is required' }] }),
      problem(429, 'TOO_MANY_REQUESTS', {}, { 'retry-after': '7' }),
    ];
    const client = newClient();
    const refusal = () => client.call(createClient, { body: { name: 'x' } }).catch((error: ProblemError) => error);
    expect(await refusal()).toMatchObject({ status: 409, code: 'ALREADY_EXISTS', existingId: id, requestId: 'r1' });
    expect(await refusal()).toMatchObject({ faults: [{ path: '/name', message: 'is required' }] });
    const last = await refusal();
    expect(last).toBeInstanceOf(ProblemError);
    expect(last).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 7, message: 'it is TOO_MANY_REQUESTS' });
    expect(JSON.stringify(last)).not.toContain('xyp_secret');
  });

  it('that something else answers says so', async () => {
    const page: Answering = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    answers = [page, (_, response) => response.writeHead(502).end('Bad gateway')];
    for (const status of [200, 502]) {
      const error = await newClient()
        .call(deleteClient, { params: { id } })
        .catch((thrown) => thrown);
      expect(error).toBeInstanceOf(UnexpectedAnswer);
      expect(error.status).toBe(status);
    }
  });

  it('takes no redirect: it would carry the credential along', async () => {
    answers = [(_, response) => response.writeHead(302, { location: '/elsewhere' }).end()];
    await expect(newClient().call(listClients)).rejects.toMatchObject({ name: 'UnexpectedAnswer', status: 302 });
    expect(seen).toHaveLength(1);
  });

  it('ends when its caller does not wait any more', async () => {
    answers = [() => undefined];
    const stop = new AbortController();
    const call = newClient().call(listClients, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(seen.length).toBeLessThan(2);
  });
});

describe('a list', () => {
  const page = (data: unknown[], more: object) => json(200, { data, ...more });

  it('is read to its end, by number or by cursor', async () => {
    answers = [
      page([1, 2], { pagination: { total: 3, page: 1, limit: 2, pages: 2 } }),
      page([3], { pagination: { total: 3, page: 2, limit: 2, pages: 2 } }),
      page([4], { nextCursor: 'c1' }),
      page([5], { nextCursor: null }),
    ];
    const client = newClient();
    const items: unknown[] = [];
    await forEachPage(client, { route: listClients, options: { query: { limit: 2 } } }, (part) => items.push(...part));
    await forEachPage(client, { route: listAudit, options: {} }, (part) => items.push(...part));
    expect(items).toEqual([1, 2, 3, 4, 5]);
    expect(seen.map(({ url }) => url?.split('?')[1])).toEqual(['limit=2', 'limit=2&page=2', undefined, 'cursor=c1']);
  });

  it('goes on where counting has ended before the list has', async () => {
    // Whether it is said that the total is none, or nothing is said of it.
    for (const told of [{ isTotalExact: false }, {}]) {
      const counted = { total: 2, limit: 1, pages: 2, ...told };
      const part = (page: number, data: unknown[]) => json(200, { data, pagination: { ...counted, page } });
      answers = [part(1, [1]), part(2, [2]), part(3, [3]), part(4, [])];
      const items: unknown[] = [];
      await forEachPage(newClient(), { route: listKeys, options: {} }, (each) => items.push(...each));
      expect(items).toEqual([1, 2, 3]);
    }
  });

  it('asks for no page more where the total is exact, or the list has become shorter', async () => {
    const counted = { total: 4, limit: 2, pages: 2 };
    answers = [
      page([1, 2], { pagination: { ...counted, page: 1, isTotalExact: true } }),
      page([3, 4], { pagination: { ...counted, page: 2, isTotalExact: true } }),
      page([], { pagination: { ...counted, page: 1 } }),
    ];
    for (const _ of [1, 2]) await forEachPage(newClient(), { route: listKeys, options: {} }, () => undefined);
    expect(seen).toHaveLength(3);
  });

  it('is left when enough was seen', async () => {
    answers = [page([1], { nextCursor: 'c1' })];
    await forEachPage(newClient(), { route: listAudit, options: {} }, () => false);
    expect(seen).toHaveLength(1);
  });

  it('of lines comes one by one, however it is cut on its way, and throws when it breaks off', async () => {
    const inPieces =
      (pieces: string[], end: 'whole' | 'broken'): Answering =>
      async (_, response) => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        for (const piece of pieces) await new Promise((written) => response.write(piece, written));
        if (end === 'whole') response.end();
        else response.destroy();
      };
    answers = [inPieces(['{"seq":1}\n{"s', 'eq":2}', '\n{"seq":3}\n'], 'whole'), inPieces(['{"seq":1}\n'], 'broken')];
    const read = async () => {
      const found: number[] = [];
      for await (const { seq } of newClient().lines(exportAudit)) found.push(seq);
      return found;
    };
    expect(await read()).toEqual([1, 2, 3]);
    await expect(read()).rejects.toThrow();
  });

  it('that stops half-way is waited for no longer than any answer', async () => {
    answers = [
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"data":['),
    ];
    const halfWay = newClient({ maxAttempts: 1, timeoutMs: 30 }).call(listClients);
    await expect(halfWay).rejects.toThrow('nobody answered in time');
  });
});

describe('a call that nobody answers', () => {
  it('is made again if it reads, or is a create that is known again', async () => {
    const client = newClient();
    answers = [hangUp, problem(503, 'UNAVAILABLE'), json(200, { data: [] })];
    expect(await client.call(listClients)).toEqual({ data: [] });
    answers = [hangUp, json(201, { id })];
    const created = await client.request(createClient, { body: { name: 'x' }, idempotencyKey: 'k1' });
    expect(created).toMatchObject({ status: 201, body: { id } });
    expect(seen.slice(3).map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1']);
  });

  it('is made once if it may not be done twice', async () => {
    const client = newClient();
    for (const attempt of [
      () => client.call(createClient, { body: { name: 'x' } }),
      () => client.call(changeClient, { params: { id }, body: { keys: [{ name: 'new' }] } }),
      () => client.call(deleteClient, { params: { id } }),
    ]) {
      answers = [hangUp];
      await expect(attempt()).rejects.toThrow(TypeError);
    }
    expect(seen).toHaveLength(3);
  });

  it('is given up after some attempts, and when nobody answers in time', async () => {
    answers = [hangUp, hangUp, hangUp];
    await expect(newClient({ maxAttempts: 2 }).call(listClients)).rejects.toThrow(TypeError);
    expect(seen).toHaveLength(2);
    answers = [() => undefined];
    const silent = newClient({ maxAttempts: 1, timeoutMs: 30 }).call(listClients);
    await expect(silent).rejects.toThrow('nobody answered in time');
  });
});
