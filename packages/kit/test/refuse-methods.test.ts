import { Secret } from '@keyward/contract/secret';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { createHttpApp } from '../src/http-app.ts';
import { createLogger } from '../src/logger.ts';
import { refuseOtherMethods } from '../src/refuse-methods.ts';

function build() {
  const app = createHttpApp({
    logger: createLogger({
      service: 'test',
      level: 'silent',
      schemas: [Type.Object({ token: Secret(Type.String()) })],
    }),
    bodyLimitBytes: 1_000,
    isServiceCall: () => false,
    isAway: () => false,
    ready: async () => true,
  });
  refuseOtherMethods(app, () => {
    app.get('/things', async () => ({}));
    app.post('/things', async () => ({}));
    app.delete('/things/:id', async () => ({}));
    app.get('/things/first', async () => ({}));
  });
  return app;
}

test.each([
  ['PUT', '/things', 'GET, HEAD, POST'],
  ['OPTIONS', '/things', 'GET, HEAD, POST'],
  ['QUERY', '/things', 'GET, HEAD, POST'],
  ['GET', '/things/7', 'DELETE'],
  ['DELETE', '/things/first', 'GET, HEAD'],
])('%s %s is told which methods there are', async (method, url, allow) => {
  const response = await build().inject({ method: method as 'GET', url }); // whichever it is
  expect([response.statusCode, response.json().error]).toEqual([405, 'METHOD_NOT_ALLOWED']);
  expect((response.headers.allow ?? '').toString().split(', ').toSorted().join(', ')).toBe(allow);
});

test('methods that there are go on being answered, and what nobody registered is not found', async () => {
  const app = build();
  for (const [method, url] of [
    ['GET', '/things'],
    ['HEAD', '/things'],
    ['DELETE', '/things/7'],
    ['GET', '/things/first'],
  ] as const)
    expect((await app.inject({ method, url })).statusCode).toBe(200);
  expect((await app.inject({ method: 'OPTIONS', url: '/nothing' })).statusCode).toBe(404);
});
