import { internalHeaders } from '@keyward/contract/internal-headers';
import { expect, test } from 'vitest';
import { serviceCallCheck } from '../src/service-token.ts';

const isOurs = serviceCallCheck('token-of-the-services');
const calls = (token: string | string[]) => isOurs({ [internalHeaders.serviceToken]: token });

test('only the whole token, once, is a call of ours', () => {
  expect(calls('token-of-the-services')).toBe(true);
  for (const token of ['', 'token', 'token-of-the-services ', 'Token-of-the-services', 'token-of-the-services\0'])
    expect(calls(token), token).toBe(false);
  expect(calls(['token-of-the-services', 'token-of-the-services'])).toBe(false);
  expect(isOurs({})).toBe(false);
});
