import { expect, test } from 'vitest';
import { holdsScopes } from '../src/scopes.ts';

test.each([
  [[], [], true],
  [['read'], [], true],
  [[], ['read'], false],
  [['read'], ['read'], true],
  [['read'], ['Read'], false],
  [['read'], ['read', 'write'], false],
  [['write', 'read'], ['read', 'write'], true],
  [['*'], ['read', 'a:b:c'], true],
  [['read:*'], ['read:users'], true],
  [['read:*'], ['read:a:b'], true],
  [['read:*'], ['read'], false],
  [['read:*'], ['read:'], false],
  [['read:*'], ['reader:users'], false],
  [['read:*'], ['write:users'], false],
  [['read:users:*'], ['read:users'], false],
  [['read:*'], ['read:*'], true],
  [['read:*'], ['*'], false],
  [['read:users'], ['read:*'], false],
  [['read*'], ['read:users'], false],
  [['*:users'], ['read:users'], false],
  [[':*'], ['read'], false],
])('a key with %j does all of %j: %s', (held, required, holds) => {
  expect(holdsScopes(held, required)).toBe(holds);
});
