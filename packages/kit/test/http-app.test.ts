import { internalHeaders } from '@keyward/contract/internal-headers';
import { Problem } from '@keyward/contract/problem';
import { Secret } from '@keyward/contract/secret';
import type { InjectOptions } from 'fastify';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { AppError } from '../src/app-error.ts';
import { createHttpApp } from '../src/http-app.ts';
import { createLogger } from '../src/logger.ts';
import { requireServiceToken } from '../src/service-token.ts';
import { compileValidator } from '../src/validation.ts';

const Body = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    count: Type.Integer({ minimum: 0 }),
    kind: Type.Enum(['a', 'b']),
    list: Type.Optional(Type.Array(Type.Object({ id: Type.Integer() }))),
  },
  { additionalProperties: false },
);
const Query = Type.Object({ page: Type.Integer({ minimum: 1, default: 1 }) });
const Named = Type.Object({ id: Type.Optional(Type.String()) });
const problem = compileValidator(Problem);

function build({ trustRequestId = true, ready = true, storesInput = false } = {}) {
  let log = '';
  const logger = createLogger({
    service: 'test',
    level: 'info',
    schemas: [Type.Object({ token: Secret(Type.String()) })],
    destination: {
      write: (line: string) => {
        log += line;
      },
    },
  });
  const app = createHttpApp({
    logger,
    bodyLimitBytes: 1_000,
    storesInput,
    isServiceCall: () => trustRequestId,
    isAway: (error) => (error as Error).message === 'store away',
    ready: async () => ready,
  });
  app.post('/things', { schema: { body: Body, querystring: Query } }, async ({ body, query }) => ({ body, query }));
  app.get('/things/:id', { schema: { params: Named, querystring: Named } }, async () => ({}));
  app.get('/internal', { onRequest: requireServiceToken('token-of-the-services') }, async () => ({ ok: true }));
  app.get('/throws', async () => {
    throw new TypeError('password=hunter2 in table users');
  });
  app.get('/away', async () => {
    const cause = new Error('connect ECONNREFUSED 10.1.2.3:5432');
    throw new AppError('UNAVAILABLE', 'A store is away.', { retryAfterSeconds: 7, cause });
  });
  app.get('/store', async () => {
    throw new Error('store away');
  });
  app.get('/exists', async () => {
    throw new AppError('ALREADY_EXISTS', 'There is one.', { existingId: 'x1' });
  });
  return { app, log: () => log };
}

/** The problem that a call is answered with, its form checked. */
async function problemOf(call: InjectOptions, { app } = build()) {
  const response = await app.inject(call);
  const body = response.json();
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(problem.faults(body)).toEqual([]);
  expect(body.status).toBe(response.statusCode);
  expect(body.message).toBe(body.detail);
  expect(body.requestId).not.toBe('');
  return { ...body, headers: response.headers };
}

const post = (payload: unknown, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'POST',
  url: '/things',
  headers: { 'content-type': 'application/json', ...headers },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
});

test('input that does not fit is refused with every fault at once', async () => {
  const input = { name: '', count: '5', kind: 'c', list: [{ id: 1 }, { id: 1.5 }, {}], extra: true };
  const { status, error, errors } = await problemOf(post(input));
  expect([status, error]).toEqual([400, 'INVALID_INPUT']);
  const paths = errors.map(({ path }: { path: string }) => path).toSorted();
  expect(paths).toEqual(['/count', '/extra', '/kind', '/list/1/id', '/list/2/id', '/name']);
  const empty = await problemOf(post({}));
  expect(empty.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual(['/count', '/kind', '/name']);
});

test('where input is stored, what Postgres cannot hold is refused by name, beside every other fault', async () => {
  const input = { name: 'a\0', count: -1, kind: 'a', list: [{ id: 1, note: '\ud800' }] };
  const { error, errors } = await problemOf(post(input), build({ storesInput: true }));
  expect(error).toBe('INVALID_INPUT');
  expect(errors.map(({ path }: { path: string }) => path).toSorted()).toEqual(['/count', '/list/0/note', '/name']);
  for (const url of ['/things/a%00b', '/things/a?id=%00', '/things/a%00b?id=%00']) {
    const refused = await problemOf({ method: 'GET', url }, build({ storesInput: true }));
    expect([refused.error, refused.errors]).toMatchObject(['INVALID_INPUT', [{ path: '/id' }]]);
    expect((await build().app.inject(url)).statusCode).toBe(200);
  }
});

test('a body is taken as it was sent; a query is read as numbers, with defaults', async () => {
  const { app } = build();
  const body = { name: ' 5 ', count: 5, kind: 'a' };
  const response = await app.inject({ ...post(body), url: '/things?page=3' });
  expect(response.json()).toEqual({ body, query: { page: 3 } });
  expect((await app.inject(post(body))).json()).toEqual({ body, query: { page: 1 } });
  for (const page of ['0', 'x', '1.5', '']) {
    const refused = await problemOf({ ...post(body), url: `/things?page=${page}` });
    expect(refused.errors).toMatchObject([{ path: '/page' }]);
  }
});

test.each<[string, InjectOptions, number, string]>([
  ['a body that is too large', post({ name: 'x'.repeat(2_000) }), 413, 'TOO_LARGE'],
  ['a body that is not JSON', post('{"name":'), 400, 'BAD_REQUEST'],
  ['a body with a member that is called __proto__', post('{"__proto__":{"a":1}}'), 400, 'INVALID_INPUT'],
  ['no body', post(''), 400, 'INVALID_INPUT'],
  ['another content type', post('a=1', { 'content-type': 'text/csv' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['plain text', post('{"count":1}', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['an unknown route', { method: 'GET', url: '/nothing?key=secret-of-mine' }, 404, 'NOT_FOUND'],
  ['a broken URL', { method: 'GET', url: '/%zz' }, 400, 'BAD_REQUEST'],
  ['something that exists', { method: 'GET', url: '/exists' }, 409, 'ALREADY_EXISTS'],
])('%s is told as a problem', async (_, call, status, error) => {
  const body = await problemOf(call);
  expect([body.status, body.error]).toEqual([status, error]);
  expect(JSON.stringify(body)).not.toContain('secret-of-mine');
});

test('a fault of ours carries no detail outside, and all of it, with the request id, inside', async () => {
  const built = build();
  const body = await problemOf({ method: 'GET', url: '/throws' }, built);
  expect([body.status, body.error]).toEqual([500, 'INTERNAL']);
  expect(JSON.stringify(body)).not.toMatch(/hunter2|TypeError|users/);
  expect(built.log()).toContain('hunter2');
  expect(built.log()).toContain(body.requestId);
});

test('a store that is away gives 503 with Retry-After and not its address, and no error in the log for each', async () => {
  const built = build();
  const body = await problemOf({ method: 'GET', url: '/away' }, built);
  expect([body.status, body.headers['retry-after']]).toEqual([503, '7']);
  expect(JSON.stringify(body)).not.toContain('10.1.2.3');
  expect(built.log()).toBe('');
});

test('an error that the service knows as that of a store that is away gives 503', async () => {
  const body = await problemOf({ method: 'GET', url: '/store' });
  expect([body.status, body.error, body.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '1']);
});

test('the request id comes from another service, or is minted; a public door mints its own', async () => {
  const headers = { [internalHeaders.requestId]: 'id-of-the-gateway' };
  const call: InjectOptions = { method: 'GET', url: '/nothing', headers };
  expect((await problemOf(call)).requestId).toBe('id-of-the-gateway');
  const minted = (await problemOf(call, build({ trustRequestId: false }))).requestId;
  expect(minted).toMatch(/^[0-9a-f-]{36}$/);
  expect((await problemOf(call, build({ trustRequestId: false }))).requestId).not.toBe(minted);
});

test('health is whether the process answers, readiness whether its stores do', async () => {
  for (const ready of [true, false]) {
    const { app } = build({ ready });
    for (const url of ['/livez', '/healthz']) expect((await app.inject(url)).statusCode).toBe(200);
    expect((await app.inject('/readyz')).statusCode).toBe(ready ? 200 : 503);
  }
});

test('a route for services refuses every token but ours', async () => {
  const { app } = build();
  const answer = (token?: string) =>
    app.inject({ url: '/internal', headers: token === undefined ? {} : { [internalHeaders.serviceToken]: token } });
  expect((await answer('token-of-the-services')).statusCode).toBe(200);
  for (const token of [undefined, '', 'token-of-the-service', 'Token-of-the-services']) {
    const response = await answer(token);
    expect([response.statusCode, response.json().error]).toEqual([401, 'UNAUTHENTICATED']);
  }
});
