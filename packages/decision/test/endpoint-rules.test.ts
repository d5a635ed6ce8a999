import type { EndpointRule } from '@keyward/contract/projection';
import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';
import { expect, test } from 'vitest';
import { endpointRules } from '../src/endpoint-rules.ts';

const open = (path: string, method = 'GET'): EndpointRule => ({ method, path, enabled: true });
const closed = (path: string, method = 'GET'): EndpointRule => ({ method, path, enabled: false });
const scoped = (path: string, ...requiredScopes: string[]): EndpointRule => ({ ...open(path), requiredScopes });

function found(endpoints: EndpointRule[], methodPath: string, settings: Partial<EnvironmentSettings> = {}) {
  return endpointRules({ endpoints, settings: { ...defaultSettings, ...settings } }).find(methodPath)?.path;
}

test.each([
  ['GET:/users'],
  ['get:::/users'],
  ['GET:/users/'],
  ['GET://users//'],
  ['GET:/users?a=/x'],
  ['GET:/%75sers'],
])('%s is the endpoint /users', (methodPath) => {
  expect(found([closed('/users')], methodPath)).toBe('/users');
});

test.each([['POST:/users'], ['GET:/Users'], ['GET:/users/all'], ['GET:/'], ['GET:/user'], ['/users'], ['']])(
  '%s is not the endpoint /users',
  (methodPath) => {
    expect(found([closed('/users')], methodPath)).toBeUndefined();
  },
);

test('the root is an endpoint', () => {
  expect(found([closed('/')], 'GET:///?a=b')).toBe('/');
});

test.each([['7'], ['me'], ['{id}'], ['0190a3c4-7b1e-7c3a-9f10-0123456789ab'], ['%2F']])(
  'a parameter takes the segment %s, whether ids are folded or kept',
  (segment) => {
    for (const endpointIds of ['fold', 'keep'] as const) {
      expect(found([closed('/users/{id}')], `GET:/users/${segment}`, { endpointIds })).toBe('/users/{id}');
      expect(found([closed('/users/{id}')], `GET:/users/${segment}/x`, { endpointIds })).toBeUndefined();
      expect(found([closed('/users/{id}')], 'GET:/users', { endpointIds })).toBeUndefined();
    }
  },
);

test('letter case matters, unless the environment folds it, in the rule as in the request', () => {
  expect(found([closed('/Users/Me')], 'GET:/users/me')).toBeUndefined();
  expect(found([closed('/Users/Me')], 'GET:/uSERS/mE', { endpointCase: 'fold' })).toBe('/Users/Me');
});

test.each([
  ['GET:/a/b/c', '/a/b/c'],
  ['GET:/a/b/d', '/a/b/{x}'],
  ['GET:/a/x/c', '/a/{x}/c'],
  ['GET:/a/x/d', '/a/{x}/{y}'],
  ['GET:/a/b', undefined],
  ['GET:/b/b/e', '/{x}/b/e'],
])('of several, the most specific from the left wins: %s is %s', (methodPath, path) => {
  const endpoints = ['/a/{x}/{y}', '/{x}/b/e', '/a/{x}/c', '/a/b/c', '/a/b/{x}'].map((each) => scoped(each));
  expect(found(endpoints, methodPath)).toBe(path);
  expect(found(endpoints.toReversed(), methodPath)).toBe(path);
});

test('an endpoint that nobody has decided about lifts no wider rule; one that is decided does', () => {
  const request = 'GET:/users/me';
  expect(found([closed('/users/{id}'), open('/users/me')], request)).toBe('/users/{id}');
  expect(found([scoped('/users/{id}', 'a'), open('/users/me')], request)).toBe('/users/{id}');
  expect(found([scoped('/users/{id}'), closed('/users/me')], request)).toBe('/users/me');
  expect(found([closed('/users/{id}'), scoped('/users/me')], request)).toBe('/users/me');
  expect(found([open('/users/{id}'), open('/users/me')], request)).toBe('/users/me');
  expect(found([scoped('/{x}/me', 'a'), open('/users/{id}')], request)).toBe('/{x}/me');
});

test('two names of one pattern are one endpoint, and what either asks for holds', () => {
  const endpoints = [scoped('/users/{id}', 'a'), closed('/users/{user}'), scoped('/users/{name}', 'b')];
  for (const order of [endpoints, endpoints.toReversed()]) {
    const rule = endpointRules({ endpoints: order, settings: defaultSettings }).find('GET:/users/7');
    expect(rule?.enabled).toBe(false);
    expect(rule?.requiredScopes?.toSorted()).toEqual(['a', 'b']);
  }
});

test('a hostile path against as many endpoints as there may be costs no more than reading it', () => {
  const endpoints = Array.from({ length: 1_000 }, (_, i) =>
    scoped(`/${Array.from({ length: 10 }, (_, bit) => ((i >> bit) & 1 ? '{x}' : 'a')).join('/')}/${i}`),
  );
  const rules = endpointRules({ endpoints, settings: defaultSettings });
  const startedAt = performance.now();
  for (let i = 0; i < 100; i += 1) rules.find(`GET:/${'a/'.repeat(8_000)}`);
  for (let i = 0; i < 100; i += 1) expect(rules.find(`GET:/${'a/'.repeat(10)}none`)).toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
