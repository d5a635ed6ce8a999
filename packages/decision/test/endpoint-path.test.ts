import { expect, test } from 'vitest';
import { endpointOf, foldPath } from '../src/endpoint-path.ts';

test.each([
  ['/', '/'],
  ['', '/'],
  ['//', '/'],
  ['?a=1', '/'],
  ['/users', '/users'],
  ['/users/', '/users'],
  ['//users///list//', '/users/list'],
  ['/users?id=/5', '/users'],
  ['/users#/top', '/users'],
  ['/Users/List', '/Users/List'],
  ['/%75sers/%7Eme', '/users/~me'],
  ['/a%2fb/%c3%a9', '/a%2Fb/%C3%A9'],
  ['/100%', '/100%'],
  ['/%zz', '/%zz'],
  ['/users/5', '/users/{id}'],
  ['/users/%35', '/users/{id}'],
  ['/users/0190a3c4-7b1e-7c3a-9f10-0123456789ab/keys', '/users/{id}/keys'],
  ['/users/0190A3C4-7B1E-7C3A-9F10-0123456789AB', '/users/{id}'],
  ['/objects/507f1f77bcf86cd799439011', '/objects/{id}'],
  ['/blobs/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', '/blobs/{id}'],
  ['/events/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/events/{id}'],
  ['/files/V1StGXR8_Z5jdHi6B-myT', '/files/{id}'],
  ['/users/{userId}/keys', '/users/{id}/keys'],
  ['/v1/users', '/v1/users'],
  ['/2fa', '/2fa'],
  ['/deadbeef', '/deadbeef'],
  ['/internationalization', '/internationalization'],
  ['/reset-password-by-email', '/reset-password-by-email'],
])('%s is the endpoint %s', (path, pattern) => {
  expect(foldPath(path)).toBe(pattern);
});

test('a pattern folds to itself', () => {
  for (const path of ['/users/5/', '//a%2fb//%7e', '/x/507f1f77bcf86cd799439011', '/%2525', '/100%25']) {
    const pattern = foldPath(path);
    expect(foldPath(pattern)).toBe(pattern);
  }
});

test.each([
  [{ endpointIds: 'keep', endpointCase: 'keep' }, '//Users/7/{Name}/?a', 'GET:/Users/7/{Name}'],
  [{ endpointIds: 'keep', endpointCase: 'fold' }, '/Users/%41%c3%89', 'GET:/users/a%c3%89'],
  [{ endpointIds: 'fold', endpointCase: 'fold' }, '/Users/7/List', 'GET:/users/{id}/list'],
  [{ endpointIds: 'fold', endpointCase: 'fold' }, '/Events/01ARZ3NDEKTSV4RRFFQ69G5FAV', 'GET:/events/{id}'],
] as const)('with %j, %s is the endpoint %s, and stays it', (style, path, endpoint) => {
  expect(endpointOf(`get:::${path}`, style)).toBe(endpoint);
  expect(endpointOf(endpoint, style)).toBe(endpoint);
});
