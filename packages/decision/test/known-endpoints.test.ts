import { KnownEndpoints } from '@keyward/decision/known-endpoints';
import { expect, test } from 'vitest';

const get = (path: string) => ({ method: 'GET', path });
const fold = { endpointIds: 'fold', endpointCase: 'keep' } as const;

test.each([
  ['/users/{userId}', '/users/{id}', fold, true],
  ['/users/{userId}', '/users/me', fold, false],
  ['/users/{id}', '/users/{id}/orders', fold, false],
  ['/Users', '/users', fold, false],
  ['/Users', '/users', { ...fold, endpointCase: 'fold' }, true],
  ['/users/{userId}', '/users/7', { ...fold, endpointIds: 'keep' }, true],
  ['/users/{userId}/Orders', '/users/7/orders', { endpointIds: 'keep', endpointCase: 'fold' }, true],
  ['/users/{userId}/orders', '/users/7/items', { ...fold, endpointIds: 'keep' }, false],
  ['/users/7', '/users/8', { ...fold, endpointIds: 'keep' }, false],
] as const)('is %s the endpoint %s under %j: %s', (registered, asked, style, expected) => {
  const known = new KnownEndpoints([get('/other'), get(registered)], style);
  expect(known.has(get(asked))).toBe(expected);
  expect(known.has({ method: 'POST', path: asked })).toBe(false);
});

test('one that is added is known from then on', () => {
  const known = new KnownEndpoints([], fold);
  expect(known.has(get('/late'))).toBe(false);
  known.add(get('/late'));
  expect(known.has(get('/late'))).toBe(true);
});
