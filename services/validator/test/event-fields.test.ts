import { validation } from '@keyward/contract/pipeline-event';
import { defaultSettings } from '@keyward/contract/settings';
import { validationEventType } from '@keyward/contract/validation-event';
import { decodeEvent } from '@keyward/stores/event-codec';
import { endpointFor } from '@keyward/stores/usage-counts';
import { expect, test } from 'vitest';
import { decideRequest } from '../src/decide-request.ts';
import { decidingOn, SeededShards } from './seeded-shards.ts';

type Fields = Parameters<SeededShards['request']>[0];

/** The one event that a request leaves behind, its key added to the headers. */
async function eventOf({ headers, ...fields }: NonNullable<Fields>) {
  await using shards = await SeededShards.complete();
  const request = shards.request({ ...fields, headers: { ...headers, 'x-api-key': shards.customerKey } });
  await decideRequest(decidingOn(shards.store), request);
  const [event, ...others] = await shards.events();
  if (!event || others.length > 0) throw new Error('not exactly one event');
  return { event, request, shards };
}

const bytes = (text: string | undefined) => Buffer.byteLength(text ?? '');

test('an event tells whose request it was, and of its headers the user agent only', async () => {
  const headers = { 'User-Agent': 'curl/8', cookie: 'a=secret', authorization: 'Basic secret' };
  const { event, request, shards } = await eventOf({ headers, name: 'default', elapsedUs: 1_000 });
  const { environmentId, clientId, keyId } = shards;
  expect(event).toEqual({
    id: request.eventId,
    environmentId,
    clientId,
    keyId,
    verdict: 'ALLOWED',
    methodPath: request.methodPath,
    name: 'default',
    userAgent: 'curl/8',
    durationUs: expect.any(Number),
    decidedAtMs: expect.any(Number),
  });
  expect(event.durationUs).toBeGreaterThanOrEqual(1_000);
  expect(JSON.stringify(event)).not.toMatch(/secret|apikee_/);
});

test.each([
  'GET:/users/7?token=s3cret',
  'GET:/users/7#s3cret',
  'GET /users/7?s3cret',
  '?s3cret',
  'GET:/a?s3cret#s3cret',
])('nothing of a query or a fragment gets into an event: %s', async (methodPath) => {
  for (const endpointIds of ['fold', 'keep'] as const) {
    await using shards = await SeededShards.complete();
    await shards.changeEnvironment({ settings: { ...defaultSettings, endpointIds } });
    await decideRequest(decidingOn(shards.store), shards.request({ methodPath }));
    const [event] = await shards.events();
    expect(event?.methodPath).toBe(methodPath.replace(/[?#].*/, ''));
    expect(event && endpointFor(event)).not.toContain('s3cret');
    expect(JSON.stringify(event)).not.toContain('s3cret');
  }
});

test('texts are capped by bytes, and no character is cut in two', async () => {
  for (const character of ['a', 'é', '€', '\u{1F511}']) {
    for (const shift of ['', 'x', 'xx', 'xxx']) {
      const long = shift + character.repeat(9_000);
      const { event } = await eventOf({ methodPath: `GET:/${long}`, name: long, headers: { 'user-agent': long } });
      for (const [kept, sent, cap] of [
        [event.methodPath, `GET:/${long}`, 2_048],
        [event.userAgent, long, 256],
        [event.name, long, 256],
      ] as const) {
        expect(sent.startsWith(kept ?? '-')).toBe(true);
        expect(bytes(kept)).toBeLessThanOrEqual(cap);
        expect(bytes(kept)).toBeGreaterThan(cap - 4);
      }
    }
  }
});

test('texts that fit stay as they are, to the last byte', async () => {
  const methodPath = `GET:/${'é'.repeat(1_021)}a`;
  const userAgent = `${'\u{1F511}'.repeat(63)}a€`;
  expect([bytes(methodPath), bytes(userAgent)]).toEqual([2_048, 256]);
  const { event } = await eventOf({ methodPath, headers: { 'user-agent': userAgent } });
  expect(event).toMatchObject({ methodPath, userAgent });
});

test('what Postgres refuses does not get into an event: U+0000 and lone surrogates', async () => {
  const dirty = 'a\0b\ud800c\udc00d\u{1F511}';
  const { event } = await eventOf({ methodPath: `GET:/${dirty}`, name: dirty, headers: { 'user-agent': dirty } });
  const clean = 'ab\ufffdc\ufffdd\u{1F511}';
  expect(event).toMatchObject({ methodPath: `GET:/${clean}`, name: clean, userAgent: clean });
});

test('every event that is made is one that the log can be read by', async () => {
  for (const text of ['', '\0', '\ud800', '"\\\n', '\u{1F511}'.repeat(5_000), '\ud800'.repeat(5_000)]) {
    const { event } = await eventOf({ methodPath: text, name: text, headers: { 'user-agent': text } });
    const value = Buffer.from(JSON.stringify(event));
    expect(decodeEvent({ type: validationEventType, value })).toEqual(validation(event));
  }
});

test.each([
  [{}, undefined],
  [{ endpointIds: 'keep' as const }, 'GET:/Users/7'],
  [{ endpointCase: 'fold' as const }, 'GET:/users/{id}'],
])('the endpoint is told where the environment finds it in its own way: %j, %s', async (settings, endpoint) => {
  await using shards = await SeededShards.complete();
  await shards.changeEnvironment({ settings: { ...defaultSettings, ...settings } });
  await decideRequest(decidingOn(shards.store), shards.request({ methodPath: 'get:::/Users/7?a' }));
  const [event] = await shards.events();
  expect(event).toMatchObject({ methodPath: 'get:::/Users/7', verdict: 'ALLOWED' });
  expect(event?.endpoint).toBe(endpoint);
});
