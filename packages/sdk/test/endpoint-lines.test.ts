import { expect, test } from 'vitest';
import { EndpointLines } from '../src/server/endpoint-lines.ts';

const key = 'k';

test('an endpoint is asked about by its pattern, else by its path, however often', () => {
  const lines = new EndpointLines("shop's-live");
  const lineOf = (method: string, path: string, route?: string) => lines.of({ key, method, path, route });
  const query = '/client/self?project_env=shop%27s-live&method_path=';
  for (let i = 0; i < 2; i += 1) {
    expect(lineOf('get', '/users/7', '/users/:id')).toEqual({
      endpoint: { name: 'GET /users/{id}', method: 'GET', path: '/users/{id}', isPattern: true },
      path: `${query}GET%3A%2Fusers%2F%7Bid%7D`,
      signed: 'self|GET:/users/{id}',
    });
    expect(lineOf('POST', '/users/8', '/users/:id').signed).toBe('self|POST:/users/{id}');
    expect(lineOf('GET', '/a|b?c=1')).toMatchObject({
      path: `${query}GET%3A%2Fa%257Cb`,
      signed: 'self|GET:/a%7Cb',
      endpoint: { isPattern: false },
    });
    expect(lineOf('GET', '/c').signed).toBe('self|GET:/c');
  }
});

test('beyond a thousand patterns each still has its own', () => {
  const lines = new EndpointLines('shop');
  for (let i = 0; i < 1_100; i += 1)
    expect(lines.of({ key, method: 'GET', path: '/', route: `/${i}/:id` }).signed).toBe(`self|GET:/${i}/{id}`);
});
