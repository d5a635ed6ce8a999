import { expect, test } from 'vitest';
import { expressRoute } from '../src/adapters/express-route.ts';

/** An application of Express 4 with a router at `/teams/:id`, whose layers keep what they matched and no patterns. */
const route = { path: '/members', methods: { get: true } };
const inner = { route, match: (path: string) => path === '/members' };
const mounted = {
  handle: { stack: [inner] },
  path: '',
  params: {},
  match(path: string) {
    const [taken, id] = /^\/teams\/([^/]+)/i.exec(path) ?? [];
    if (taken === undefined) return false;
    this.path = taken;
    this.params = { id: decodeURIComponent(id ?? '') };
    return true;
  },
};
const app = { _router: { stack: [mounted] } };
const routeOf = (path: string) => expressRoute({ method: 'GET', path, app });

test.each(['/teams/7/members', '/teams/a%20b/members', '/teams/a@b/members', '/Teams/teams/members'])(
  'the parameters of a router go back into %s',
  (path) => {
    expect(routeOf(path)).toMatch(/^\/teams\/:id\/members$/i);
  },
);

test('what may be a parameter or not makes no pattern of another endpoint', () => {
  expect(routeOf('/teams/teams/members')).toBeUndefined();
});
