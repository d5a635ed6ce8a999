import { expect, it } from 'vitest';
import { parseInstant } from '../src/parse-instant.ts';

const noon = Date.UTC(2026, 10, 20, 12);

it.each([
  ['2026-11-20T12:00:00Z', noon],
  ['2026-11-20T12:00:00.Z', noon],
  ['2026-11-20T12:00:00.5Z', noon + 500],
  ['2026-11-20T12:00:00.123Z', noon + 123],
  ['2026-11-20T12:00:00.123999Z', noon + 123],
  ['2026-11-20T12:00:00+00:00', noon],
  ['2026-11-20T13:30:00+0130', noon],
  ['2026-11-20T06:30:00.000-05:30', noon],
  ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
])('reads %s', (text, expectedMs) => {
  expect(parseInstant(text)).toBe(expectedMs);
});

it.each([
  '2026-11-20',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-11-20T24:00:00Z',
  '2026-11-20T23:59:60Z',
  '2026-11-20T12:00:00+24:00',
  '2026-11-20T12:00:00.1234567Z',
  '0001-01-01T00:00:00Z',
  '',
])('does not read %j', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});
