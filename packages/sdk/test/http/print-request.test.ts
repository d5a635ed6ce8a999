import { expect, test } from 'vitest';
import { printRequest } from '../../src/http/print-request.ts';

test('each request has the headers that it was given, checked, also when the last one had others', () => {
  const headers = [{ accept: 'a/b' }, { accept: 'c/d', 'x-a': '1' }, {}];
  const print = (index: number, more = {}) =>
    printRequest({ method: 'GET', path: '/', headers: headers[index] ?? {}, timeoutMs: 1, ...more }, 'h').text;
  for (let i = 0; i < 2; i += 1) {
    expect([0, 0, 1, 2].map((index) => print(index))).toEqual([
      'GET / HTTP/1.1\r\nhost: h\r\naccept: a/b\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: h\r\naccept: a/b\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: h\r\naccept: c/d\r\nx-a: 1\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: h\r\n\r\n',
    ]);
  }
  const bad = { 'x-a': 'b\r\nc: d' };
  for (let i = 0; i < 2; i += 1) expect(() => print(0, { headers: bad })).toThrow(TypeError);
  expect(() => print(0, { path: '/a b' })).toThrow(TypeError);
});
