import { expect, test } from 'vitest';
import { presentedKey } from '../src/keys/present-key.ts';

test.each<[string, Record<string, string | string[]>, string, string | undefined]>([
  ['the named header', { 'x-api-key': ' a ', authorization: 'Bearer b' }, 'x-api-key', 'a'],
  ['a bearer token without one', { authorization: 'bearer  b ' }, 'x-api-key', 'b'],
  ['a bearer token in the named header', { authorization: 'Bearer b' }, 'authorization', 'b'],
  ['a bare key in Authorization, where that is the named header', { authorization: 'b' }, 'authorization', 'b'],
  ['no token of another scheme', { authorization: 'Basic b' }, 'x-api-key', undefined],
  ['no two of one header', { 'x-api-key': ['a', 'b'] }, 'x-api-key', 'a,b'],
  ['nothing', {}, 'x-api-key', undefined],
])('a key is %s', (_, headers, name, key) => {
  expect(presentedKey(headers, name)).toBe(key);
});
