import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createIncidentLog, type Incident } from '../src/server/incidents.ts';

let lines: string[];
let hear: (incident: Incident) => void;
beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  hear = createIncidentLog((line) => lines.push(line));
});
afterEach(() => vi.useRealTimers());

test('one a minute of each kind is told, with how many were left out', () => {
  for (const message of ['a', 'b', 'c']) hear({ kind: 'server-away', message });
  hear({ kind: 'server-refused', message: 'd' });
  vi.advanceTimersByTime(60_000);
  hear({ kind: 'server-away', message: 'e' });
  expect(lines).toEqual(['keyward: a', 'keyward: d', 'keyward: e (and 2 more like it)']);
});

test('each is one line, whatever a tenant is called or a stranger answers', () => {
  hear({ kind: 'server-away', message: 'a\r\nkeyward: b\u001b[2J\u2028c' });
  hear({ kind: 'server-refused', message: 'd'.repeat(100_000) });
  expect(lines[0]).toBe('keyward: a keyward: b [2J c');
  expect(lines[1]).toHaveLength('keyward: '.length + 500);
});
