import type { DecisionReply } from '@keyward/contract/decisions';
import { systemClock } from '@keyward/kit/clock';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { GatewayConfig } from '../src/config.ts';
import { DecisionClient } from '../src/decision-client.ts';
import { allowed, startValidatorTwin, type ValidatorTwin } from './validator-twin.ts';

const logger = createLogger({ service: 'test', level: 'silent', schemas: [GatewayConfig] });
const unavailable: DecisionReply = { kind: 'unavailable', retryAfterSeconds: 1 };
let own = new AsyncDisposableStack();
afterEach(async () => {
  await own.disposeAsync();
  own = new AsyncDisposableStack();
});

async function startTwin(port = 0): Promise<ValidatorTwin> {
  return own.use(await startValidatorTwin(port));
}

function clientOf(origins: string[], deadlineMs = 5000): DecisionClient {
  return own.use(new DecisionClient({ origins, serviceToken: 'x'.repeat(16), deadlineMs, clock: systemClock, logger }));
}

function ask(client: DecisionClient, clientId: string, bodyBytes = 200): Promise<DecisionReply> {
  const request = {
    eventId: newId(),
    serverKey: 'sk',
    clientId,
    methodPath: 'GET:/a',
    timestampMs: 0,
    headers: {},
    cost: 1,
  };
  return client.decide({ request, arrivedMs: systemClock.monotonicMs(), bodyBytes });
}

function askMany(client: DecisionClient, count: number): Promise<DecisionReply>[] {
  return Array.from({ length: count }, (_, n) => ask(client, `c${n}`));
}

const isAllowed = expect.objectContaining({ kind: 'decided', verdict: 'ALLOWED' });
const hold = () => {};

describe('batches', () => {
  it('nothing waits when idle: the first four leave alone, the rest together', async () => {
    const twin = await startTwin();
    twin.onCall = hold;
    const answers = askMany(clientOf([twin.url]), 40);
    await vi.waitFor(() => expect(twin.calls).toHaveLength(5));
    const sizes = twin.calls.map((call) => call.items.length).sort((a, b) => a - b);
    expect(sizes).toEqual([1, 1, 1, 1, 36]);
    for (const call of twin.calls) call.allowAll();
    expect(await Promise.all(answers)).toEqual(Array(40).fill(isAllowed));
  });

  it('those that wait leave when a call comes back, at most 64 together', async () => {
    const twin = await startTwin();
    twin.onCall = hold;
    const answers = askMany(clientOf([twin.url]), 4 + 100);
    await vi.waitFor(() => expect(twin.calls).toHaveLength(6));
    expect(twin.calls.map((call) => call.items.length).sort((a, b) => a - b)).toEqual([1, 1, 1, 1, 36, 64]);
    for (const call of twin.calls) call.allowAll();
    await Promise.all(answers);
  });

  it('large items do not add up to a call that the validator would refuse', async () => {
    const twin = await startTwin();
    twin.onCall = hold;
    const client = clientOf([twin.url]);
    const answers = Array.from({ length: 8 }, (_, n) => ask(client, `c${n}`, 250_000));
    await vi.waitFor(() => expect(twin.calls).toHaveLength(6));
    expect(Math.max(...twin.calls.map((call) => call.items.length))).toBe(2);
    for (const call of twin.calls) call.allowAll();
    await Promise.all(answers);
  });

  it('a slow item does not delay the others of its batch, nor those that come later', async () => {
    const twin = await startTwin();
    twin.onCall = hold;
    const client = clientOf([twin.url]);
    const answers = askMany(client, 7);
    await vi.waitFor(() => expect(twin.calls).toHaveLength(5));
    const batch = twin.calls.find((call) => call.items.length === 3);
    const [slow, ...quick] = batch?.items ?? [];
    for (const item of quick) batch?.line(batch.items.indexOf(item), allowed(item));
    const answered = quick.map((item) => answers[Number(item.clientId.slice(1))]);
    expect(await Promise.all(answered)).toEqual([isAllowed, isAllowed]);
    twin.onCall = (call) => call.allowAll();
    expect(await ask(client, 'late')).toEqual(isAllowed);
    expect(slow).toBeDefined();
    for (const call of twin.calls.slice(0, 5)) call.kill();
    await Promise.all(answers);
  });

  it('an answer whose lines come in any order and in pieces reaches the right callers', async () => {
    const twin = await startTwin();
    twin.onCall = hold;
    const answers = askMany(clientOf([twin.url]), 6);
    await vi.waitFor(() => expect(twin.calls).toHaveLength(5));
    for (const call of twin.calls) {
      const text = call.items
        .map((item, i) => `${JSON.stringify({ i, reply: allowed(item) })}\n`)
        .reverse()
        .join('');
      for (const piece of text.match(/.{1,7}|\n/gs) ?? []) call.response.write(piece);
      call.response.end();
    }
    const ids = (await Promise.all(answers)).map((reply) => reply.kind === 'decided' && reply.clientId);
    expect(ids).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5']);
  });

  it('tells how long the request has been here at the moment that it leaves', async () => {
    const twin = await startTwin();
    const request = {
      eventId: newId(),
      serverKey: 'sk',
      clientId: 'c',
      methodPath: 'GET:/a',
      timestampMs: 0,
      headers: {},
      cost: 1,
    };
    await clientOf([twin.url]).decide({ request, arrivedMs: systemClock.monotonicMs() - 7, bodyBytes: 10 });
    expect(twin.calls[0]?.items[0]?.elapsedUs).toBeGreaterThanOrEqual(7000);
  });
});

describe('failures', () => {
  it.each([
    ['is killed in mid-answer', (call: ValidatorTwin['calls'][0]) => call.kill()],
    ['ends the stream early', (call: ValidatorTwin['calls'][0]) => call.response.end()],
    ['answers no JSON', (call: ValidatorTwin['calls'][0]) => call.response.end('garbage\n')],
    [
      'answers another shape',
      (call: ValidatorTwin['calls'][0]) => call.response.end('{"i":0,"reply":{"kind":"maybe"}}\n'),
    ],
    ['answers for an item that nobody asked', (call: ValidatorTwin['calls'][0]) => call.line(9, unavailable)],
    ['sends a line without end', (call: ValidatorTwin['calls'][0]) => call.response.write('x'.repeat(100_000))],
    ['says nothing', hold],
  ])('a validator that %s: another is asked with the same event id', async (_what, misbehave) => {
    const [bad, good] = [await startTwin(), await startTwin()];
    bad.onCall = misbehave;
    const client = clientOf([bad.url, good.url], 600);
    const answers = [await ask(client, 'c0'), await ask(client, 'c1')];
    expect(answers).toEqual([isAllowed, isAllowed]);
    const asked = bad.calls.map((call) => call.items[0]?.eventId);
    expect(asked).toHaveLength(1);
    expect(good.calls.map((call) => call.items[0]?.eventId)).toContain(asked[0]);
  });

  it('what was answered before the failure is not asked again', async () => {
    const [bad, good] = [await startTwin(), await startTwin()];
    bad.onCall = hold;
    good.onCall = hold;
    const answers = askMany(clientOf([bad.url, good.url]), 10);
    await vi.waitFor(() => expect(bad.calls.length + good.calls.length).toBe(5));
    const batch = [...bad.calls, ...good.calls].find((call) => call.items.length > 1);
    for (const call of [...bad.calls, ...good.calls]) if (call !== batch) call.allowAll();
    const [first, ...others] = batch?.items ?? [];
    if (first) batch?.line(0, allowed(first));
    await answers[Number(first?.clientId.slice(1))];
    const seen = [...bad.calls, ...good.calls].length;
    for (const twin of [bad, good]) twin.onCall = (call) => call.allowAll();
    batch?.kill();
    expect(await Promise.all(answers)).toEqual(Array(10).fill(isAllowed));
    const again = [...bad.calls, ...good.calls].filter((call) => call.items.length === others.length);
    expect([...bad.calls, ...good.calls]).toHaveLength(seen + 1);
    expect(again.map((call) => call.items.map((item) => item.eventId))).toContainEqual(
      others.map((item) => item.eventId),
    );
  });

  it('with one validator, it is asked again there once it is back', async () => {
    const first = await startValidatorTwin();
    const { port, url } = first;
    await first[Symbol.asyncDispose]();
    const answer = ask(clientOf([url]), 'c');
    const back = await startTwin(port);
    expect(await answer).toEqual(isAllowed);
    expect(back.calls).toHaveLength(1);
  });

  it('an item that the validator refuses takes no other with it', async () => {
    const twin = await startTwin();
    twin.onCall = hold;
    const client = clientOf([twin.url]);
    const answers = [...askMany(client, 6), ask(client, 'poison'), ask(client, 'c7')];
    await vi.waitFor(() => expect(twin.calls).toHaveLength(5));
    twin.onCall = (call) =>
      call.items.some((item) => item.clientId === 'poison') ? call.refuse(400) : call.allowAll();
    for (const call of [...twin.calls]) twin.onCall(call);
    const replies = await Promise.all(answers);
    expect(replies[6]).toEqual(unavailable);
    expect(replies.filter((reply) => reply.kind === 'decided')).toHaveLength(7);
  });

  it.each([[['down']], [['down', 'silent']]])('the deadline holds over all retries (%s)', async (kinds) => {
    const silent = await startTwin();
    silent.onCall = hold;
    const urls = kinds.map((kind) => (kind === 'down' ? 'http://127.0.0.1:1' : silent.url));
    const client = clientOf(urls, 300);
    const startedMs = systemClock.monotonicMs();
    expect(await ask(client, 'c')).toEqual(unavailable);
    const tookMs = systemClock.monotonicMs() - startedMs;
    expect(tookMs).toBeGreaterThanOrEqual(298);
    expect(tookMs).toBeLessThan(600);
  });

  it('connections are made anew after a while, so that validators behind one name all get their share', async () => {
    const twin = await startTwin();
    const client = clientOf([twin.url]);
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const portOfNext = async () => {
      await ask(client, 'c');
      return twin.calls.at(-1)?.port;
    };
    const before = [await portOfNext(), await portOfNext(), await portOfNext()];
    vi.setSystemTime(systemClock.nowMs() + 31_000);
    expect(before).not.toContain(await portOfNext());
  });

  it('is ready as long as one validator is', async () => {
    const twin = await startTwin();
    expect(await clientOf(['http://127.0.0.1:1', twin.url]).isReady()).toBe(true);
    expect(await clientOf(['http://127.0.0.1:1']).isReady()).toBe(false);
  });
});
