import { validation } from '@keyward/contract/pipeline-event';
import { type EventProducer, EventsRefused, type ShardedEvent } from '@keyward/stores/ports/event-log';
import { expect, test } from 'vitest';
import { appendAll } from '../src/append-all.ts';

const sampleEvent = {
  id: '',
  environmentId: 'environment',
  clientId: 'client',
  keyId: 'key',
  verdict: 'ALLOWED',
  methodPath: 'GET:/v1/things',
  durationUs: 1,
  decidedAtMs: 0,
};
const signal = new AbortController().signal;
const eventsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ shard: i % 3, event: validation({ ...sampleEvent, id: String(i) }) }));

/** Keeps a batch whole or not at all. */
function logThatRefuses(bad: ReadonlySet<string>): EventProducer & { kept: string[]; sends: number } {
  const log = {
    kept: [] as string[],
    sends: 0,
    async append(events: readonly ShardedEvent[]) {
      log.sends += 1;
      const ids = events.map(({ event }) => event.data.id);
      if (ids.some((id) => bad.has(id))) throw new EventsRefused('MESSAGE_TOO_LARGE', undefined);
      log.kept.push(...ids);
    },
    async [Symbol.asyncDispose]() {},
  };
  return log;
}

test('events that the log will never take are found, and the others are kept in their order', async () => {
  const bad = new Set(['0', '7', '8', '99']);
  const log = logThatRefuses(bad);
  const refused: string[] = [];
  await appendAll(log, eventsOf(100), { signal, onRefused: ({ event }) => void refused.push(event.data.id) });
  expect(refused).toEqual([...bad]);
  expect(log.kept).toEqual(eventsOf(100).flatMap(({ event }) => (bad.has(event.data.id) ? [] : event.data.id)));
  expect(log.sends).toBeLessThan(50);
});

test('any other failure ends the appending, and so does one of whoever takes what was refused', async () => {
  const log = logThatRefuses(new Set(['3']));
  const fails = () => Promise.reject(new Error('nowhere to put it'));
  await expect(appendAll(log, eventsOf(8), { signal, onRefused: fails })).rejects.toThrow('nowhere to put it');
  expect(log.kept).toEqual(['0', '1', '2']);
  log.append = () => Promise.reject(new Error('the log is away'));
  await expect(appendAll(log, eventsOf(8), { signal, onRefused: fails })).rejects.toThrow('the log is away');
});

test('nothing is nothing to append', async () => {
  const log = logThatRefuses(new Set());
  await appendAll(log, [], { signal, onRefused: () => undefined });
  expect(log.sends).toBe(0);
});
