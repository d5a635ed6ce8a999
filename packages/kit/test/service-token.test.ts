import { internalHeaders } from '@keyward/contract/internal-headers';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { refuseForeignServices, serviceCallCheck, shownToken } from '../src/service-token.ts';

const isOurs = serviceCallCheck('token-of-the-services');
const calls = (token: string | string[]) => isOurs({ [internalHeaders.serviceToken]: token });

test('only the whole token, once, is a call of ours', () => {
  expect(calls('token-of-the-services')).toBe(true);
  for (const token of ['', 'token', 'token-of-the-services ', 'Token-of-the-services', 'token-of-the-services\0'])
    expect(calls(token), token).toBe(false);
  expect(calls(['token-of-the-services', 'token-of-the-services'])).toBe(false);
  expect(isOurs({})).toBe(false);
});

test('while the token is changed, both are taken, each by itself, and the first is shown', () => {
  const tokens = 'token-of-before token-from-now-on';
  const isTaken = (token: string) => serviceCallCheck(tokens)({ [internalHeaders.serviceToken]: token });
  expect(tokens.split(' ').map(isTaken)).toEqual([true, true]);
  expect(isTaken(tokens)).toBe(false);
  expect(shownToken(tokens)).toBe('token-of-before');
});

test('a call that shows a token that is none is not taken for one of the caller itself', async () => {
  const refuse = refuseForeignServices('token-of-the-services');
  const told: string[] = [];
  const reply = { header: (name: string) => told.push(name) };
  // It looks at nothing else.
  const callWith = (headers: object) => refuse({ headers } as FastifyRequest, reply as unknown as FastifyReply);
  await callWith({});
  await callWith({ [internalHeaders.serviceToken]: 'token-of-the-services' });
  expect(told).toEqual([]);
  for (const token of ['', 'token-of-before'])
    await expect(callWith({ [internalHeaders.serviceToken]: token })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  expect(told).toEqual([internalHeaders.foreignService, internalHeaders.foreignService]);
});
