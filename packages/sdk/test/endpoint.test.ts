import { expect, test } from 'vitest';
import { endpointOf } from '../src/endpoint.ts';

test.each([
  ['/users/:id', '/users/{id}'],
  ['/files/*', '/files/*'],
  ['users', '/users'],
])('the pattern %s is %s', (route, path) => {
  expect(endpointOf({ method: 'get', path: '/x', route })).toMatchObject({ method: 'GET', path, isPattern: true });
});

test('a path stands for itself, without its query, and can always be asked about', () => {
  const pathOf = (path: string) => endpointOf({ method: 'GET', path }).path;
  expect([pathOf('/users/7?a#b'), pathOf('/users#b?a'), pathOf('')]).toEqual(['/users/7', '/users', '/']);
  const cut = pathOf(`/${'a'.repeat(2_046)}\u{1f600}`);
  expect(cut).toHaveLength(2_048);
  expect(encodeURIComponent(cut)).toMatch(/a%EF%BF%BD$/);
});
