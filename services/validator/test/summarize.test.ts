import { validation } from '@keyward/contract/pipeline-event';
import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { anyEndpoint, usageSummaryType } from '@keyward/contract/usage-summary';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { newId } from '@keyward/kit/random';
import type { OutboxEntry } from '@keyward/stores/ports/outbox';
import { expect, test } from 'vitest';
import { summarize } from '../src/relay/summarize.ts';

const [environmentId, clientId, keyId] = [newId(), newId(), newId()];
let position = 0;

function entryOf(event: OutboxEntry['event']): OutboxEntry {
  position += 1;
  const bytes = JSON.stringify(event).length;
  return { shard: 3, position: `0-${position}`, incarnation: '', edition: 0, bytes, event };
}

function decision(fields: Partial<ValidationEvent> = {}): OutboxEntry {
  const facts = { environmentId, clientId, keyId, verdict: 'ALLOWED', methodPath: 'GET:/a', durationUs: 100 };
  return entryOf(validation({ id: newId(), ...facts, decidedAtMs: 3_600_000, ...fields }));
}

const repeat = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

test('endpoints, verdicts and hours are told apart, and what was admitted is charged', () => {
  const entries = [
    ...repeat(20, () => decision({ cost: 2 })),
    ...repeat(20, () => decision({ methodPath: 'GET:/b', verdict: 'REVOKED' })),
    ...repeat(20, () => decision({ decidedAtMs: 7_200_001 })),
  ];
  const plan = summarize(entries);
  expect(plan?.positions).toEqual(entries.map((entry) => entry.position));
  expect(plan).toMatchObject({ shard: 3, decisions: 60, summaries: [{ events: 60 }] });
  expect(plan?.summaries[0]?.counts).toMatchObject([
    { hourMs: 3_600_000, endpoint: 'GET:/a', verdict: 'ALLOWED', count: 20, cost: 40, durationUs: 2_000 },
    { hourMs: 3_600_000, endpoint: 'GET:/b', verdict: 'REVOKED', count: 20, cost: 0 },
    { hourMs: 7_200_000, endpoint: 'GET:/a', verdict: 'ALLOWED', count: 20, cost: 20 },
  ]);
});

test('where every request is of another endpoint all count as one, so that the summary is small', () => {
  const plan = summarize(repeat(300, (i) => decision({ methodPath: `GET:/x${i}y` })));
  expect(plan?.summaries[0]?.counts).toMatchObject([{ endpoint: anyEndpoint, count: 300 }]);
  expect(plan?.savedBytes).toBeGreaterThan(0);
});

test('older summaries are merged, and refusal summaries stay as they are', () => {
  const first = summarize(repeat(20, () => decision()));
  const older = entryOf({ type: usageSummaryType, data: first?.summaries[0] ?? { id: '', events: 0, counts: [] } });
  const counts = [{ minuteMs: 0, environmentId, code: 'MISSING_KEY', count: 1 }];
  const refusals = entryOf({ type: refusalSummaryType, data: { id: newId(), counts } });
  const unreadable = entryOf({ type: 'unreadable', reason: 'not JSON' });
  const plan = summarize([older, refusals, unreadable, ...repeat(20, () => decision())]);
  expect(plan).toMatchObject({ decisions: 20, summaries: [{ events: 40, counts: [{ count: 40 }] }] });
  expect(plan?.positions).not.toContain(refusals.position);
  expect(plan?.positions).not.toContain(unreadable.position);
});

/** Events, each of another of the keys in turn. */
const ofKeys = (keys: readonly string[], count: number) =>
  repeat(count, (i) => decision({ keyId: keys[i % keys.length] ?? '' }));

test('counts of many keys are parted among summaries that the log takes, each key in one of them', () => {
  const keys = repeat(1_500, newId);
  const plan = summarize(ofKeys(keys, 6_000));
  expect(plan?.decisions).toBe(6_000);
  const counts = plan?.summaries.flatMap((summary) => summary.counts) ?? [];
  expect(counts.map(({ keyId }) => keyId).toSorted()).toEqual(keys.toSorted());
  expect(counts.every(({ count }) => count === 4)).toBe(true);
  expect(plan?.summaries.map(({ events }) => events).reduce((sum, events) => sum + events)).toBe(6_000);
  expect(plan?.summaries.length).toBeGreaterThan(1);
  for (const summary of plan?.summaries ?? []) expect(JSON.stringify(summary).length).toBeLessThan(300 * 1_024);
});

test('summaries become smaller together though each is full of other keys', () => {
  const keys = repeat(2_000, newId);
  const older = repeat(6, (i) => summarize([...ofKeys(keys.slice(i * 300), 1_400), ...ofKeys(keys, 2_000)]));
  const entries = older
    .flatMap((plan) => plan?.summaries ?? [])
    .map((data) => entryOf({ type: usageSummaryType, data }));
  const plan = summarize(entries);
  expect(plan?.summaries.flatMap((summary) => summary.counts)).toHaveLength(2_000);
  expect(plan?.savedBytes).toBeGreaterThan(0);
});

test('what would not become smaller is left alone', () => {
  expect(summarize([])).toBeUndefined();
  expect(summarize([decision()])).toBeUndefined();
  expect(summarize(repeat(50, () => decision({ keyId: newId() })))).toBeUndefined();
});
