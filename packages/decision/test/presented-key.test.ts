import { expect, test } from 'vitest';
import { type HeaderValues, headerValue, type PresentedKey, presentedKey } from '../src/presented-key.ts';

const none: PresentedKey = { kind: 'none' };
const one = (raw: string): PresentedKey => ({ kind: 'one', raw });
const several: PresentedKey = { kind: 'several' };

test.each<[HeaderValues, PresentedKey]>([
  [{}, none],
  [{ accept: '*/*' }, none],
  [{ 'x-api-key': '' }, none],
  [{ 'x-api-key': ' \t ' }, none],
  [{ 'x-api-key': [] }, none],
  [{ 'x-api-keys': 'a' }, none],
  [{ 'proxy-authorization': 'Bearer a' }, none],
  [{ authorization: 'a' }, none],
  [{ authorization: 'Basic a' }, none],
  [{ authorization: 'Bearer' }, none],
  [{ authorization: 'Bearer ' }, none],
  [{ authorization: 'Bearera' }, none],
  [{ 'x-api-key': 'a' }, one('a')],
  [{ 'X-API-KEY': ' a ' }, one('a')],
  [{ 'x-api-key': ['a'] }, one('a')],
  [{ 'x-api-key': 'Bearer a' }, one('Bearer a')],
  [{ authorization: 'Bearer a' }, one('a')],
  [{ AUTHORIZATION: 'bEARER   a ' }, one('a')],
  [{ authorization: ['Basic b', 'Bearer a'] }, one('a')],
  [{ 'x-api-key': 'a', authorization: 'Bearer a' }, one('a')],
  [{ 'x-api-key': 'a', 'X-Api-Key': 'a' }, one('a')],
  [{ 'x-api-key': ['a', ' a'] }, one('a')],
  [{ 'x-api-key': 'a', authorization: 'Basic b' }, one('a')],
  [{ 'x-api-key': 'a', authorization: 'Bearer b' }, several],
  [{ 'x-api-key': 'a', 'X-Api-Key': 'A' }, several],
  [{ 'x-api-key': ['a', 'b'] }, several],
])('%j presents %j', (headers, expected) => {
  expect(presentedKey(headers)).toEqual(expected);
});

test('a header is found in any letter case, its first value first', () => {
  expect(headerValue({ 'User-Agent': 'curl' }, 'user-agent')).toBe('curl');
  expect(headerValue({ 'USER-AGENT': ['a', 'b'] }, 'user-agent')).toBe('a');
  expect(headerValue({ 'user-agent': [] }, 'user-agent')).toBeUndefined();
  expect(headerValue({ 'user-agents': 'a' }, 'user-agent')).toBeUndefined();
});
