import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecisionBatch } from '@keyward/contract/decisions';
import { validation } from '@keyward/contract/pipeline-event';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import type { ShardedEvent } from '@keyward/stores/ports/event-log';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { showDirectEvents } from '../src/direct-event-metrics.ts';
import { DirectEvents } from '../src/direct-events.ts';
import { EventSpool } from '../src/event-spool.ts';
import { LogTwin } from './log-twin.ts';
import { sampleDecision } from './sample-decision.ts';

const logger = createLogger({ service: 'test', level: 'silent', schemas: [DecisionBatch] });
const maxBytes = 10_000_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spool-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const eventsOf = (count: number): ShardedEvent[] =>
  Array.from({ length: count }, () => ({ shard: 3, event: validation({ ...sampleDecision, id: newId() }) }));
const idsOf = (events: readonly ShardedEvent[]) => events.map(({ event }) => event.data.id);
const files = () =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
const openSpool = (options: { maxBytes?: number; fileBytes?: number } = {}) =>
  EventSpool.open({ directory, maxBytes, logger, ...options });

/** A log that is away until `open` is called. */
function closedLog() {
  const log = new LogTwin();
  const { promise, resolve } = Promise.withResolvers<void>();
  log.open = promise;
  return { log, open: resolve };
}

test('events that the log does not take wait in files, and reach it before later ones; no file is left', async () => {
  const { log, open } = closedLog();
  await using spool = await openSpool();
  const direct = new DirectEvents({ producer: log, logger, spool, capacity: 10, patienceMs: 1 });
  const events = eventsOf(100);
  for (const event of events) await expect.poll(() => direct.add(event), { interval: 1 }).toBe(true);
  await expect.poll(() => direct.counts.waiting).toBe(0);
  expect(files().length).toBeGreaterThan(0);
  open();
  await expect.poll(() => files()).toEqual([]);
  await direct[Symbol.asyncDispose]();
  expect([...new Set(idsOf(log.kept))]).toEqual(idsOf(events));
  expect(direct.counts).toEqual({ waiting: 0, refused: 0, lost: 0 });
});

test('what the log did not take before the process stopped is sent by the next one', async () => {
  const events = eventsOf(20);
  const { log: away } = closedLog();
  {
    await using spool = await openSpool();
    const direct = new DirectEvents({ producer: away, logger, spool, drainMs: 1 });
    for (const event of events) direct.add(event);
    await direct[Symbol.asyncDispose]();
    expect(direct.counts).toEqual({ waiting: 0, refused: 0, lost: 0 });
  }
  const log = new LogTwin();
  await using spool = await openSpool();
  await using _ = new DirectEvents({ producer: log, logger, spool });
  await expect.poll(() => idsOf(log.kept)).toEqual(idsOf(events));
  await expect.poll(() => files()).toEqual([]);
});

test('files of a process that lives are left alone, and those of one that was killed are taken over', async () => {
  const spool = JSON.stringify(new URL('../src/event-spool.ts', import.meta.url).href);
  const code = `
    const { EventSpool } = await import(${spool});
    const logger = { info() {}, warn() {}, error() {} };
    const spool = await EventSpool.open({ directory: ${JSON.stringify(directory)}, maxBytes: 1e6, logger });
    await spool.write(${JSON.stringify(eventsOf(3))});
    process.stdout.write('written');
    setInterval(() => spool.bytes, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  {
    await using other = await openSpool();
    expect(other.isEmpty).toBe(true);
  }
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);
  {
    await using heir = await openSpool();
    const taken = await heir.oldest();
    expect(taken?.events).toHaveLength(3);
    await taken?.done();
  }
  expect(readdirSync(directory)).toEqual([]);
});

test('a line that a crash has torn is skipped, and the others are sent', async () => {
  const events = eventsOf(3);
  {
    await using spool = await openSpool();
    await spool.write(events);
  }
  const torn = JSON.stringify(eventsOf(1)[0]).slice(0, 40);
  for (const line of ['{}', 'null', '\0\0', torn]) appendFileSync(join(directory, files()[0] ?? ''), `${line}\n`);
  await using heir = await openSpool();
  expect((await heir.oldest())?.events).toEqual(events);
});

test('files are rotated, come back oldest first, and all hold no more than they may', async () => {
  const events = eventsOf(30);
  const bytes = Buffer.byteLength(`${JSON.stringify(events[0])}\n`);
  {
    await using spool = await openSpool({ fileBytes: bytes * 5, maxBytes: bytes * 20 });
    for (let at = 0; at < 30; at += 5) await spool.write(events.slice(at, at + 5));
    expect([files().length, spool.bytes]).toEqual([4, bytes * 20]);
  }
  await using heir = await openSpool();
  const sent = [];
  for (let each = await heir.oldest(); each; each = await heir.oldest()) {
    sent.push(...each.events);
    await each.done();
  }
  expect(sent).toEqual(events.slice(0, 20));
  expect([heir.bytes, files()]).toEqual([0, []]);
});

test('with memory and spool full no event is taken, and none that was taken is lost', async () => {
  const { log, open } = closedLog();
  await using spool = await openSpool({ maxBytes: 1_000 });
  const direct = new DirectEvents({ producer: log, logger, spool, capacity: 10, patienceMs: 1 });
  const taken: ShardedEvent[] = [];
  await expect
    .poll(
      () =>
        eventsOf(100)
          .map((event) => direct.add(event) && taken.push(event))
          .at(-1),
      { interval: 1 },
    )
    .toBe(false);
  open();
  await direct[Symbol.asyncDispose]();
  expect(new Set(idsOf(log.kept))).toEqual(new Set(idsOf(taken)));
});

test('an event that the log never takes is kept where an operator finds it, and counted', async () => {
  const log = new LogTwin();
  await using spool = await openSpool();
  const direct = new DirectEvents({ producer: log, logger, spool });
  const [good, bad] = eventsOf(2);
  log.refuses = (event) => event === bad;
  for (const event of [good, bad]) if (event) direct.add(event);
  await direct[Symbol.asyncDispose]();
  expect(log.kept).toEqual([good]);
  expect(direct.counts.refused).toBe(1);
  expect(JSON.parse(readFileSync(join(directory, 'refused.jsonl'), 'utf8'))).toEqual({
    code: 'MESSAGE_TOO_LARGE',
    ...bad,
  });
});

test('nobody but the owner reads what is there', async () => {
  await using spool = await openSpool();
  await spool.write(eventsOf(1));
  await spool.keepRefused(eventsOf(1)[0] as ShardedEvent, 'TOO_LARGE');
  const modes = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('.lock'))
    .map((name) => (statSync(join(directory, name)).mode & 0o077).toString(8));
  expect(modes).toEqual(['0', '0', '0']);
});

test('what waits, what was refused and what was lost is shown', async () => {
  const { log } = closedLog();
  await using spool = await openSpool();
  const direct = new DirectEvents({ producer: log, logger, drainMs: 1 });
  const metrics = new Registry();
  showDirectEvents(metrics, direct, spool);
  for (const event of eventsOf(2)) direct.add(event);
  await spool.write(eventsOf(1));
  const shown = async () => (await metrics.metrics()).split('\n').filter((line) => line.startsWith('keyward_'));
  const bytes = `keyward_direct_events_spooled_bytes ${spool.bytes}`;
  const refused = 'keyward_direct_events_refused_total 0';
  expect(await shown()).toEqual([
    'keyward_direct_events_waiting 2',
    bytes,
    refused,
    'keyward_direct_events_lost_total 0',
  ]);
  await direct[Symbol.asyncDispose]();
  expect((await shown()).at(-1)).toBe('keyward_direct_events_lost_total 2');
});
