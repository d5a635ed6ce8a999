import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { KeywardError } from '../src/keyward-error.ts';
import {
  AlreadyExistsError,
  createManagement,
  ExpiredKeyError,
  InsufficientScopeError,
  InvalidKeyError,
  KeywardApiError,
  type ManagementOptions,
  QuotaError,
  RefusedKeyError,
  RevokedKeyError,
  UnavailableError,
  type VerifyReply,
} from '../src/management.ts';

type Answering = (response: ServerResponse) => void;
interface Seen {
  line: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}
const seen: Seen[] = [];
let answers: Answering[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen.push({
    line: `${request.method} ${request.url}`,
    headers: request.headers,
    body: body === '' ? undefined : JSON.parse(body),
  });
  (answers.shift() ?? json(200, {}))(response);
});
const json =
  (status: number, body: unknown, headers = {}): Answering =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const problem = (status: number, error: string, more: object = {}, headers = {}) =>
  json(status, { error, status, message: `it is ${error}`, requestId: 'r1', ...more }, headers);
const hangUp: Answering = (response) => response.destroy();

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());
beforeEach(() => {
  seen.length = 0;
  answers = [];
});

const originOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const credential = 'sk_live_a_secret';
const manage = (more: Partial<ManagementOptions> = {}) =>
  createManagement({ baseUrl: originOf(), credential, maxAttempts: 1, ...more });
const thrownBy = (call: Promise<unknown>): Promise<KeywardApiError> =>
  call.then(
    () => Promise.reject(new Error('it threw nothing')),
    (error) => error,
  );
const id = '019aa5c1-7d21-7a81-b6f0-3c9d2e4f8a15';
const key = { id, name: 'Production', clientId: id, scopes: ['read'], metadata: {}, expiresAt: null };
const good = { valid: true, code: 'ALLOWED', status: 200, message: 'The key is valid.', key };
const bad = (code: string, status: number, more: Partial<VerifyReply> = {}) => ({
  ...{ valid: false, code, status, message: `it is ${code}` },
  ...more,
});

describe('a key that is verified', () => {
  it('is told when it is good, and asked for with what it is used for', async () => {
    answers = [json(200, good)];
    const keys = manage({ projectEnv: 'shop-production' }).keys;
    expect(await keys.verify('apikee_x', { requiredScopes: ['read'], trackUsage: false })).toEqual(key);
    expect(seen).toMatchObject([
      {
        line: 'POST /api/v1/key/verify',
        headers: { authorization: `Bearer ${credential}`, 'user-agent': expect.stringMatching(/^keyward-js\/\d/) },
        body: { key: 'apikee_x', requiredScopes: ['read'], trackUsage: false, projectEnv: 'shop-production' },
      },
    ]);
  });

  it.each([
    ['MISSING_KEY', 401, InvalidKeyError],
    ['INVALID_KEY', 401, InvalidKeyError],
    ['EXPIRED', 401, ExpiredKeyError],
    ['REVOKED', 403, RevokedKeyError],
    ['INSUFFICIENT_SCOPE', 403, InsufficientScopeError],
    ['RATE_LIMITED', 429, QuotaError],
    ['NOT_YET_VALID', 401, RefusedKeyError],
    ['DISABLED', 403, RefusedKeyError],
    ['IP_NOT_ALLOWED', 403, RefusedKeyError],
    ['ABNORMAL_USAGE', 429, RefusedKeyError],
    ['A_CODE_OF_TOMORROW', 403, RefusedKeyError],
  ])('throws an error of its own when it is not: %s', async (code, status, expected) => {
    const more = code === 'EXPIRED' ? { expiredAt: '2026-11-01T00:00:00.000Z' } : {};
    // As the body of a 200, or with its own status, as an environment may want it.
    answers = [json(200, bad(code, status, more)), json(status, bad(code, status, more))];
    for (const _ of answers.slice()) {
      const error = await thrownBy(manage().keys.verify('apikee_x'));
      expect(error).toMatchObject({ code, status, message: `it is ${code}`, name: expected.name });
      expect(error.constructor).toBe(expected);
      for (const parent of [RefusedKeyError, KeywardApiError, KeywardError, Error])
        expect(error).toBeInstanceOf(parent);
    }
  });

  it.each(['ENVIRONMENT_UNKNOWN', 'ENCRYPTION_REQUIRED', 'SIGNATURE_REQUIRED'])(
    'is not blamed for what is wrong with who asks: %s',
    async (code) => {
      answers = [json(200, bad(code, 403))];
      const error = await thrownBy(manage().keys.verify('apikee_x'));
      expect([error.constructor, error.code, error.status]).toEqual([KeywardApiError, code, 403]);
    },
  );

  it('says since when it has expired, when to come again, and whose it is', async () => {
    const limit = { retryAfterSeconds: 7, window: 'minute', subject: 'key' };
    answers = [
      json(
        200,
        bad('EXPIRED', 401, { expiredAt: '2026-11-01T00:00:00.000Z', key: { ...key, lastUsedAt: null, useCount: 1 } }),
      ),
      json(200, bad('RATE_LIMITED', 429, limit)),
      json(200, bad('RATE_LIMITED', 429)),
    ];
    const expired = await thrownBy(manage().keys.verify('apikee_x'));
    expect(expired).toMatchObject({ expiredAt: new Date('2026-11-01T00:00:00.000Z'), key: { name: 'Production' } });
    expect(await thrownBy(manage().keys.verify('apikee_x'))).toMatchObject(limit);
    expect((await thrownBy(manage().keys.verify('apikee_x'))).retryAfterSeconds).toBeUndefined();
  });

  it('is a value, whatever the verdict is, where that is wanted', async () => {
    answers = [json(200, good), json(403, bad('REVOKED', 403))];
    const verdicts = [await verdictOf('apikee_x'), await verdictOf(undefined)];
    expect(verdicts).toMatchObject([
      { valid: true, key },
      { valid: false, code: 'REVOKED' },
    ]);
    expect(seen.map(({ body }) => body)).toEqual([{ key: 'apikee_x' }, {}]);
  });
  const verdictOf = (raw: string | undefined) => manage().keys.verify(raw, { refusals: 'return' });

  it('is never called bad by an outage, by a stranger or for the credential’s sake', async () => {
    const page: Answering = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    answers = [
      hangUp,
      page,
      json(200, { success: false }),
      json(200, { ...good, key: undefined }),
      json(502, { message: 'Bad gateway' }),
      (response) => response.writeHead(302, { location: '/login' }).end(),
      problem(503, 'UNAVAILABLE', {}, { 'retry-after': '2' }),
      problem(500, 'INTERNAL'),
      problem(401, 'UNAUTHENTICATED'),
    ];
    const errors: KeywardApiError[] = [];
    for (const _ of answers.slice()) errors.push(await thrownBy(manage({ maxAttempts: 3 }).keys.verify('apikee_x')));
    const refused = errors.pop();
    expect(errors.map((error) => [error.constructor, error.status])).toEqual([
      ...Array.from({ length: 7 }, () => [UnavailableError, 503]),
      [UnavailableError, 500],
    ]);
    expect(errors[6]).toMatchObject({ retryAfterSeconds: 2, requestId: 'r1' });
    expect(refused).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    expect(refused).not.toBeInstanceOf(RefusedKeyError);
    // A verification may have been counted.
    expect(seen).toHaveLength(9);
    for (const error of errors) expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/apikee_x|sk_live/);
  });

  it('is waited for no longer than is said, and given up when its caller does', async () => {
    answers = [() => undefined, () => undefined];
    expect(await thrownBy(manage({ timeoutMs: 30 }).keys.verify('apikee_x'))).toBeInstanceOf(UnavailableError);
    for (const signal of [AbortSignal.abort(), AbortSignal.abort(new Error('enough'))])
      expect(await thrownBy(manage().keys.verify('apikee_x', { signal }))).toBe(signal.reason);
  });
});

it('asks where AbortSignal has no `any`, as on Vercel’s edge runtime', async () => {
  onTestFinished(() => void vi.unstubAllGlobals());
  vi.stubGlobal('AbortSignal', Object.assign(Object.create(AbortSignal), { any: undefined }));
  answers = [json(200, { id })];
  const { signal } = new AbortController();
  expect(await manage().organizations.get(id, { signal })).toMatchObject({ id });
});

describe('a resource', () => {
  it('is read with its etag, and changed while it is still that', async () => {
    answers = [
      json(200, { id, name: 'Acme' }, { etag: '"e1"' }),
      json(200, { id }),
      problem(412, 'PRECONDITION_FAILED'),
    ];
    const { clients } = manage({ projectEnv: 'shop-production' });
    const { etag, name } = await clients.get('a/b');
    await clients.update(id, { name: `${name} Inc` }, { ifMatch: etag, project_env: 'other' });
    expect(await thrownBy(clients.delete(id, { ifMatch: etag }))).toMatchObject({ code: 'PRECONDITION_FAILED' });
    expect(seen.map(({ line, headers, body }) => [line, headers['if-match'], body])).toEqual([
      ['GET /api/v1/client/a%2Fb?project_env=shop-production', undefined, undefined],
      [`PUT /api/v1/client/${id}?project_env=other`, '"e1"', { name: 'Acme Inc' }],
      [`DELETE /api/v1/client/${id}?project_env=shop-production`, '"e1"', undefined],
    ]);
  });

  it('that is there is named by the error, or got instead of created', async () => {
    answers = [
      problem(409, 'ALREADY_EXISTS', { existingId: id }),
      ...[201, 200, 200].map((status) => json(status, { id })),
    ];
    const { organizations, clients } = manage({ projectEnv: 'shop-production' });
    const error = await thrownBy(organizations.create({ name: 'Acme' }, { idempotencyKey: 'k1' }));
    expect(error).toBeInstanceOf(AlreadyExistsError);
    expect(error).toMatchObject({ existingId: id, status: 409, requestId: 'r1', code: 'ALREADY_EXISTS' });
    expect(await organizations.getOrCreate({ name: 'Acme' })).toEqual({ value: { id }, created: true });
    expect(await organizations.getOrCreate({ name: 'Acme' })).toEqual({ value: { id }, created: false });
    expect(await clients.getOrCreate({ name: 'Acme' })).toEqual({ value: { id }, created: false });
    expect(seen.map(({ line, headers }) => [line, headers['idempotency-key']])).toEqual([
      ['POST /api/v1/organization', 'k1'],
      ['POST /api/v1/organization?ifExists=return', undefined],
      ['POST /api/v1/organization?ifExists=return', undefined],
      ['POST /api/v1/client?project_env=shop-production&upsert=true', undefined],
    ]);
  });

  it('with faults is refused with all of them', async () => {
    const faults = [{ path: '/slug', message: 'is required' }];
    answers = [problem(400, 'INVALID_INPUT', { errors: faults })];
    const error = await thrownBy(manage().projects.create({ slug: '', name: '', envs: [] }));
    expect([error.constructor, error.faults]).toEqual([KeywardApiError, faults]);
  });

  it('that cannot be sent is no outage', async () => {
    const call = manage().keys.create({ name: 'x', metadata: { count: 1n } });
    await expect(call).rejects.toThrow(/BigInt/);
    expect(await thrownBy(call)).not.toBeInstanceOf(KeywardApiError);
    expect(seen).toEqual([]);
  });

  it('has what only it can', async () => {
    const { keys, clients, products } = manage();
    answers = [json(201, { data: [{ id }] }), json(201, [{ id }])];
    expect(await keys.createMany([{ name: 'a' }])).toEqual([{ id }]);
    expect(await clients.createMany([{ name: 'b' }])).toEqual([{ id }]);
    await keys.revoke(id);
    await keys.rotate(id, { overlapSeconds: 60 });
    await keys.revokeMany({ filter: { productId: id }, dryRun: true });
    await clients.claimRotation({ clientId: 'c', rotationId: 'r' });
    await products.addToProject({ id, project: 'shop' });
    await products.removeFromProject({ id, project: 'shop' });
    expect(seen.map(({ line, body }) => [line, body])).toEqual([
      ['POST /api/v1/key/bulk', { items: [{ name: 'a' }] }],
      ['POST /api/v1/client', [{ name: 'b' }]],
      [`POST /api/v1/key/${id}/revoke`, undefined],
      [`POST /api/v1/key/${id}/rotate`, { overlapSeconds: 60 }],
      ['POST /api/v1/key/revoke', { filter: { productId: id }, dryRun: true }],
      ['POST /api/v1/client/c/rotations/r/claim', {}],
      [`POST /api/v1/product/${id}/project/shop`, undefined],
      [`DELETE /api/v1/product/${id}/project/shop`, undefined],
    ]);
  });
});

describe('a list', () => {
  it('is read to its end as it is taken, by number or by cursor', async () => {
    answers = [
      json(200, { data: [1, 2], pagination: { total: 3, page: 1, limit: 2, pages: 2 } }),
      json(200, { data: [3], pagination: { total: 3, page: 2, limit: 2, pages: 2 } }),
      json(200, { data: [4], nextCursor: 'c1' }),
      json(200, { data: [5], nextCursor: null }),
    ];
    const { products, usage } = manage();
    const items: unknown[] = [];
    for await (const product of products.list({ limit: 2 })) items.push(product);
    for await (const row of usage.list({ interval: 'day', project_env: 'shop' })) items.push(row);
    expect(items).toEqual([1, 2, 3, 4, 5]);
    expect(seen.map(({ line }) => line.split('?')[1])).toEqual([
      'limit=2',
      'limit=2&page=2',
      'project_env=shop&limit=100&interval=day',
      'project_env=shop&limit=100&interval=day&cursor=c1',
    ]);
  });

  it('asks for nothing more when it is left, and gives one page for itself', async () => {
    const first = { data: [1, 2], pagination: { total: 9, page: 1, limit: 2, pages: 5 } };
    answers = [json(200, first), json(200, first)];
    for await (const _ of manage().projects.list()) break;
    expect(await manage().projects.page({ page: 1 })).toEqual(first);
    expect(seen).toHaveLength(2);
  });

  it('that fails on its way throws', async () => {
    answers = [json(200, { data: [1], nextCursor: 'c1' }), problem(403, 'FORBIDDEN')];
    const read = async () => {
      for await (const _ of manage().usage.list());
    };
    expect(await thrownBy(read())).toMatchObject({ name: 'KeywardApiError', code: 'FORBIDDEN' });
  });
});

describe('a management client', () => {
  it('takes the base URL as the rest of the package does, and says who acts for whom', async () => {
    answers = [json(200, { id }), json(200, { id })];
    for (const baseUrl of [`${originOf()}/api/v1/`, originOf()])
      await manage({ baseUrl, organizationId: 'o1' }).organizations.get(id);
    expect(seen.map(({ line, headers }) => [line, headers['x-keyward-organization']])).toEqual([
      [`GET /api/v1/organization/${id}`, 'o1'],
      [`GET /api/v1/organization/${id}`, 'o1'],
    ]);
  });

  it('is told by the environment what it is not told', async () => {
    vi.stubEnv('KEYWARD_BASE_URL', originOf());
    vi.stubEnv('KEYWARD_SERVER_KEY', 'sk_live_application');
    vi.stubEnv('APIKEE_PROJECT_ENV', 'shop-production');
    await createManagement().keys.get(id);
    vi.stubEnv('KEYWARD_ACCOUNT_KEY', 'xyp_person');
    await createManagement().keys.get(id);
    await createManagement({ credential, projectEnv: 'other' }).keys.get(id);
    vi.unstubAllEnvs();
    expect(seen.map(({ line, headers }) => [line.split('?')[1], headers.authorization])).toEqual([
      ['project_env=shop-production', 'Bearer sk_live_application'],
      ['project_env=shop-production', 'Bearer xyp_person'],
      ['project_env=other', `Bearer ${credential}`],
    ]);
    expect(() => createManagement({ baseUrl: originOf() })).toThrow(/KEYWARD_ACCOUNT_KEY or KEYWARD_SERVER_KEY/);
  });

  it.each([
    [{ baseUrl: 'keys.example.com' }, 'baseUrl'],
    [{ baseUrl: '' }, 'baseUrl'],
    [{ credential: '' }, 'credential'],
    [{ credential: 'a secret\n' }, 'credential'],
  ])('is not made with what cannot be right: %o', (wrong, name) => {
    const make = () => manage(wrong);
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(name) }));
    expect(make).not.toThrow(/a secret/);
  });

  it('is typed by the API', () => {
    const unused = async () => {
      const { keys, clients } = manage();
      const created = await keys.create({ name: 'a', rateLimit: { requests: 1, window: 'minute' } });
      const raw: string | undefined = created.rawKey;
      const until: Date = new ExpiredKeyError({ ...bad('EXPIRED', 401), code: 'EXPIRED', expiredAt: '' }).expiredAt;
      // @ts-expect-error a key has no colour
      created.colour;
      // @ts-expect-error there is no such window
      await keys.create({ name: 'a', rateLimit: { requests: 1, window: 'year' } });
      // @ts-expect-error a list is not filtered by that
      clients.list({ colour: 'red' });
      // @ts-expect-error one is created at a time
      await clients.create([{ name: 'a' }]);
      // @ts-expect-error the verdict is a value only where it is asked for
      (await keys.verify('a')).valid;
      return [raw, until];
    };
    expect(unused).toBeTypeOf('function');
  });
});
