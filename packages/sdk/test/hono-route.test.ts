import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { keywardMiddleware, requireScope } from '../src/adapters/hono.ts';
import { Keyward } from '../src/keyward.ts';
import type { RequestFacts } from '../src/validation.ts';

/** What the middleware of an application says of the request that it is asked. */
async function routeTold(app: (protectedApp: Hono) => void, path: string): Promise<string | undefined> {
  const told: RequestFacts[] = [];
  const keyward = new Keyward({ secret: 'a' });
  keyward.validate = async (facts) => {
    told.push(facts);
    const claims = keyward.verify(await keyward.create('acme', { scopes: ['*'] }));
    return { allowed: true, claims, clientId: undefined, degraded: false, headers: {} };
  };
  const outer = new Hono();
  outer.use('*', keywardMiddleware({ keyward }));
  app(outer);
  expect((await outer.request(path)).status).toBe(200);
  return told[0]?.route;
}

/** Answers everything that no route before it has, as an application with pages does. */
const withRest = (app: (outer: Hono) => void) => (outer: Hono) => {
  app(outer);
  outer.get('*', (c) => c.text('the rest'));
};

test.each<[string, string, (outer: Hono) => void]>([
  ['/users/me', '/users/me', (app) => app.get('/users/me', (c) => c.text('')).get('/users/:id', (c) => c.text(''))],
  ['/users/:id', '/users/7', (app) => app.get('/users/:id', requireScope('a'), (c) => c.text(''))],
  ['/any/:id', '/any/7', (app) => app.all('/any/:id', (c) => c.text(''))],
  ['/none', '/none', (app) => app.get('/none', () => new Response())],
  [
    '/inner/:id',
    '/inner/7',
    (app) =>
      app.route(
        '/inner',
        new Hono().get('/:id', (c) => c.text('')),
      ),
  ],
  [
    '/caught/:id',
    '/caught/7',
    (app) =>
      app.route(
        '/caught',
        new Hono().get('/:id', (c) => c.text('')).onError((_, c) => c.text('')),
      ),
  ],
  ['/*', '/elsewhere', (app) => app.get('/users', (c) => c.text(''))],
])('%s answers, and is what the server hears of, whatever else would have matched', async (route, path, app) => {
  expect(await routeTold(withRest(app), path)).toBe(route);
});
