import { expect, it } from 'vitest';
import { keptForMs } from '../../src/http/kept-for.ts';

it.each([
  ['a silent server', {}, 4_000],
  ['Node, by itself', { connection: 'keep-alive', 'keep-alive': 'timeout=5' }, 4_000],
  ['a short wait', { 'keep-alive': 'timeout=2' }, 1_000],
  ['a shorter one', { 'keep-alive': 'timeout=1' }, 500],
  ['none at all', { 'keep-alive': 'timeout=0' }, 0],
  ['a long one', { 'keep-alive': 'max=100, timeout=31' }, 30_000],
  ['a longer one than networks remember', { 'keep-alive': 'Timeout=600; max=5' }, 50_000],
  ['what nobody understands', { 'keep-alive': 'timeout=soon' }, 4_000],
  ['Connection: close', { connection: 'Close', 'keep-alive': 'timeout=5' }, 0],
  ['a close among others', { connection: 'upgrade, close' }, 0],
  ['what only looks like it', { connection: 'x-close' }, 4_000],
])('a connection is kept for a safe time: %s', (_name, headers, expected) => {
  expect(keptForMs({ minorVersion: 1, status: 200, headers })).toBe(expected);
});

it('a connection of HTTP/1.0 is kept only where the server says so', () => {
  const headers = { connection: 'Keep-Alive' };
  expect(keptForMs({ minorVersion: 0, status: 200, headers })).toBe(4_000);
  expect(keptForMs({ minorVersion: 0, status: 200, headers: {} })).toBe(0);
});
