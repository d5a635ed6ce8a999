import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Incident } from '../src/server/incidents.ts';
import { Registrations } from '../src/server/registrations.ts';
import { ServerAway, ServerRefused } from '../src/server/server-failure.ts';

let sent: string[];
let incidents: Incident[];
/** What becomes of the next calls; they succeed when there is nothing. */
let outcomes: (Error | undefined)[];
let registrations: Registrations;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  incidents = [];
  outcomes = [];
  registrations = new Registrations({
    send: async ({ text }) => {
      sent.push(text);
      const failure = outcomes.shift();
      if (failure) throw failure;
    },
    onIncident: (incident) => incidents.push(incident),
  });
});
afterEach(() => {
  registrations.stop();
  vi.useRealTimers();
});

const add = (text: string) => registrations.add({ path: '/client', text, what: `The key ${text}` });
const passing = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('they go one after the other, in order', async () => {
  for (const text of ['a', 'b', 'c']) add(text);
  await passing(0);
  expect(sent).toEqual(['a', 'b', 'c']);
  add('d');
  await passing(0);
  expect(sent).toEqual(['a', 'b', 'c', 'd']);
  expect([registrations.size, incidents]).toEqual([0, []]);
});

test('an outage is waited out, longer each time, and said once', async () => {
  outcomes = [new ServerAway('down'), new ServerAway('down'), new ServerAway('down')];
  add('a');
  add('b');
  await passing(0);
  expect(sent).toEqual(['a']);
  await passing(1_000);
  expect(sent).toEqual(['a', 'a']);
  await passing(1_999);
  expect(sent).toHaveLength(2);
  await passing(1);
  expect(sent).toHaveLength(3);
  await passing(4_000);
  expect(sent).toEqual(['a', 'a', 'a', 'a', 'b']);
  expect(incidents.map(({ message }) => message)).toEqual(['The key a is not registered: down; trying again']);
});

test('the pause never passes a minute', async () => {
  outcomes = Array.from({ length: 20 }, () => new ServerAway('down'));
  add('a');
  await passing(20 * 60_000);
  expect(sent.length).toBe(21);
});

test('what the server refuses is given up and said, and holds up no other', async () => {
  outcomes = [new ServerRefused('no such template')];
  add('a');
  add('b');
  await passing(0);
  expect(sent).toEqual(['a', 'b']);
  expect(incidents).toMatchObject([
    { kind: 'registration-failed', message: 'The key a is not registered: no such template' },
  ]);
});

test('flushing tries at once what waits, and says whether everything arrived', async () => {
  outcomes = [new ServerAway('down')];
  add('a');
  await passing(0);
  const flushed = registrations.flush(5_000);
  await passing(0);
  expect(await flushed).toBe(true);
  outcomes = Array.from({ length: 9 }, () => new ServerAway('down'));
  add('b');
  const late = registrations.flush(5_000);
  await passing(5_000);
  expect(await late).toBe(false);
});

test('no more than ten thousand wait, and those beyond are named', async () => {
  outcomes = [new ServerAway('down')];
  for (let i = 0; i <= 10_000; i += 1) add(`${i}`);
  expect(registrations.size).toBe(10_000);
  expect(incidents.map(({ message }) => message)).toEqual([
    'The key 10000 is not registered: 10000 others wait before it',
  ]);
});

test('what only the server fails at, again and again, does not hold up the others for good', async () => {
  outcomes = Array.from({ length: 5 }, () => new ServerAway('HTTP 500'));
  for (const text of ['a', 'b', 'c']) add(text);
  await passing(5 * 60_000);
  expect(sent).toEqual(['a', 'a', 'a', 'a', 'a', 'b', 'c', 'a']);
  expect(registrations.size).toBe(0);
});

test('what still waits at the end is said, once for each, and so is what comes after it', async () => {
  outcomes = [new ServerAway('down')];
  add('a');
  add('b');
  await passing(0);
  incidents.length = 0;
  registrations.stop();
  registrations.stop();
  add('c');
  expect(incidents.map(({ message }) => message)).toEqual(
    ['a', 'b', 'c'].map((key) => `The key ${key} is not registered: it was closed before the server was told`),
  );
  expect(await registrations.flush(0)).toBe(false);
  await passing(60_000);
  expect(sent).toEqual(['a']);
});
