import type { DecisionRequest } from '@keyward/contract/decisions';
import { decisionIn, validation } from '@keyward/contract/pipeline-event';
import { defaultSettings } from '@keyward/contract/settings';
import { derivedClientId } from '@keyward/keyformat/derived-ids';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { issueSignedKey } from '@keyward/keyformat/signed-key';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { shardOf } from '@keyward/stores/shards';
import { StoreAway } from '@keyward/stores/store-away';
import { expect, test } from 'vitest';
import { ValidatorConfig } from '../src/config.ts';
import { type Deciding, decideRequest } from '../src/decide-request.ts';
import { DirectEvents } from '../src/direct-events.ts';
import { FailurePolicy } from '../src/failure-policy.ts';
import { LogTwin } from './log-twin.ts';
import { sampleDecision } from './sample-decision.ts';
import { decidingOn, outcomeOf, playing, SeededShards, sealedSecret } from './seeded-shards.ts';

const logger = createLogger({ service: 'test', level: 'silent', schemas: [ValidatorConfig] });

interface Situation {
  policy?: 'open' | 'closed';
  capacity?: number;
  warm?: boolean;
}

const methods = ['readServerKey', 'readEnvironment', 'readEnvironmentVersion', 'readKey', 'decide'] as const;

/** A validator that was warm when its store went away. */
async function outage({ policy = 'open', capacity = 1_000, warm = true }: Situation = {}) {
  const shards = await SeededShards.complete();
  const log = new LogTwin();
  const events = new DirectEvents({ producer: log, logger, capacity });
  const silence = { ms: 0, of: -1 };
  const twin = playing(shards.store, {});
  const plain = decidingOn(twin);
  const silentMs = (shard: number) => {
    silence.of = shard;
    return silence.ms;
  };
  const deciding: Deciding = { ...plain, failurePolicy: new FailurePolicy({ silentMs, events, clock: plain.clock }) };
  const decide = (fields: Partial<DecisionRequest> = {}) => decideRequest(deciding, shards.request(fields));
  await shards.changeEnvironment({ settings: { ...defaultSettings, failurePolicy: policy } });
  if (warm) expect(outcomeOf(await decide())).toBe('ALLOWED');
  const leave = () => {
    const away = () => Promise.reject(new StoreAway(new Error('connection lost')));
    for (const method of methods) twin[method] = away;
  };
  return { shards, log, events, silence, twin, decide, leave };
}

test('open: a key that is known goes on, marked as degraded; its event goes to the log once', async () => {
  const { shards, log, events, decide, leave, silence } = await outage();
  leave();
  const request = shards.request();
  const reply = await decide(request);
  expect(reply).toMatchObject({ kind: 'decided', verdict: 'ALLOWED', clientId: shards.clientId, degraded: true });
  expect(silence.of).toBe(shardOf(shards.clientId));
  await events[Symbol.asyncDispose]();
  expect(log.kept).toMatchObject([
    {
      shard: shardOf(shards.clientId),
      event: {
        data: {
          id: request.eventId,
          clientId: shards.clientId,
          keyId: shards.keyId,
          verdict: 'ALLOWED',
          degraded: true,
        },
      },
    },
  ]);
  expect(await shards.events()).toHaveLength(1); // the one before
});

test('closed, and a process that never saw the settings: no verdict', async () => {
  for (const situation of [{ policy: 'closed' }, { warm: false }] as const) {
    const { decide, leave, log } = await outage(situation);
    leave();
    expect(await decide()).toEqual({ kind: 'unavailable', retryAfterSeconds: 1 });
    expect(log.kept).toEqual([]);
  }
});

test('open: what the store would have to know is neither a bad key nor allowed', async () => {
  const { decide, leave, log } = await outage();
  leave();
  for (const fields of [
    { headers: { 'x-api-key': 'apikee_un.known' } },
    { headers: { 'x-api-key': 'garbage' } },
    { headers: {} },
    { projectEnv: 'another' },
    { serverKey: issueOpaqueKey('sk_live') },
  ]) {
    expect(outcomeOf(await decide(fields)), JSON.stringify(fields)).toBe('unavailable');
  }
  expect(log.kept).toEqual([]);
});

test('open: a key that nobody here has seen is taken by its signature, and its event says so', async () => {
  const { shards, decide, leave, log, events } = await outage();
  const settings = { ...defaultSettings, failurePolicy: 'open' } as const;
  const signing = sealedSecret('s3cret');
  await shards.changeEnvironment({ settings, signingSecrets: [signing] });
  expect(outcomeOf(await decide())).toBe('ALLOWED');
  leave();
  const sign = (secret: string, exp?: number) => {
    const claims = { tid: 'acme', scp: [], env: 'production', ...(exp === undefined ? {} : { exp }) };
    return { headers: { 'x-api-key': issueSignedKey({ claims, secret, nowMs: Date.now() }).key } };
  };
  expect(await decide(sign('s3cret'))).toMatchObject({ verdict: 'ALLOWED', degraded: true });
  expect(outcomeOf(await decide(sign('s3cret', 1)))).toBe('EXPIRED');
  expect(outcomeOf(await decide(sign('another')))).toBe('unavailable');
  await events[Symbol.asyncDispose]();
  const acme = derivedClientId(tenantDigest(shards.environmentId, 'acme'));
  expect(
    log.kept.map(({ event }) => [decisionIn(event).clientId, decisionIn(event).assumed, decisionIn(event).verdict]),
  ).toEqual([
    [acme, true, 'ALLOWED'],
    [acme, true, 'EXPIRED'],
  ]);
  const told = { digest: expect.any(String), claimedId: expect.any(String), secretId: signing.id };
  const facts = { ...told, tenant: 'acme', scopes: [] };
  expect(log.kept.map(({ event }) => decisionIn(event).signedKey)).toEqual([facts, { ...facts, expiresAtMs: 1_000 }]);
});

test('open: nothing is assumed of a signed key that is known to have changed, or where such keys are refused', async () => {
  const { shards, decide, leave, twin } = await outage();
  const settings = { ...defaultSettings, failurePolicy: 'open' } as const;
  const signingSecrets = [sealedSecret('s3cret')];
  await shards.changeEnvironment({ settings, signingSecrets });
  const claims = { tid: 'acme', scp: [], env: 'production' };
  const signed = { headers: { 'x-api-key': issueSignedKey({ claims, secret: 's3cret', nowMs: Date.now() }).key } };
  expect(outcomeOf(await decide(signed))).toBe('ALLOWED');
  leave();
  twin.decide = async () => ({ kind: 'stale', subject: 'client', version: 99 });
  expect(outcomeOf(await decide(signed))).toBe('unavailable');
  leave();
  expect(outcomeOf(await decide(signed))).toBe('unavailable');

  const refusing = await outage();
  await refusing.shards.changeEnvironment({ settings: { ...settings, locallySignedKeys: 'refuse' }, signingSecrets });
  expect(outcomeOf(await refusing.decide())).toBe('ALLOWED');
  refusing.leave();
  expect(outcomeOf(await refusing.decide(signed))).toBe('unavailable');
});

test('open: the rules hold as ever, and a refusal is recorded and not marked', async () => {
  const { shards, decide, leave, log, events } = await outage();
  const listed = 'apikee_li.sted';
  const revoked = 'apikee_re.voked';
  await shards.changeKey({ clientId: newId(), clientIps: ['192.0.2.0/24'] }, listed);
  await shards.changeKey({ clientId: newId(), status: 'revoked' }, revoked);
  for (const key of [listed, revoked]) await decide({ headers: { 'x-api-key': key } });
  leave();
  const from = (address: string) => ({ 'x-api-key': listed, 'x-forwarded-for': address });
  const refusal = await decide({ headers: from('198.51.100.1') });
  expect(refusal).toMatchObject({ verdict: 'IP_NOT_ALLOWED' });
  expect(refusal).not.toHaveProperty('degraded');
  expect(await decide({ headers: from('192.0.2.1') })).toMatchObject({ verdict: 'ALLOWED', degraded: true });
  expect(await decide({ headers: { 'x-api-key': revoked } })).toMatchObject({ verdict: 'REVOKED' });
  const old = await decide({ headers: from('192.0.2.1'), timestampMs: Date.now() - 301_000 });
  expect(old).toMatchObject({ verdict: 'STALE_REQUEST' });
  await events[Symbol.asyncDispose]();
  expect(log.kept.map(({ event }) => decisionIn(event).verdict)).toEqual([
    'IP_NOT_ALLOWED',
    'ALLOWED',
    'REVOKED',
    'STALE_REQUEST',
  ]);
});

test('open: for 60 seconds after the shard was last heard, and no longer', async () => {
  const { decide, leave, silence } = await outage();
  leave();
  silence.ms = 59_999;
  expect(outcomeOf(await decide())).toBe('ALLOWED');
  silence.ms = 60_000;
  expect(outcomeOf(await decide())).toBe('unavailable');
});

test('open: a shard that stands there empty counts as away', async () => {
  const { decide, twin } = await outage();
  twin.decide = async () => ({ kind: 'incomplete' });
  expect(await decide()).toMatchObject({ verdict: 'ALLOWED', degraded: true });
  expect(outcomeOf(await decide({ headers: { 'x-api-key': 'apikee_un.known' } }))).toBe('INVALID_KEY'); // its shard is whole
});

test('open: an envelope that may have come before its shard was lost is neither accepted nor refused', async () => {
  const { decide, twin } = await outage();
  twin.decide = async () => ({ kind: 'predates' });
  expect(outcomeOf(await decide({ replayId: 'envelope' }))).toBe('unavailable');
});

test('open: what a shard has called out of date is never decided by, though the new state cannot be had', async () => {
  for (const subject of ['client', 'environment'] as const) {
    const { decide, leave, twin } = await outage();
    leave();
    twin.decide = async () => ({ kind: 'stale', subject, version: 99 });
    expect(outcomeOf(await decide()), subject).toBe('unavailable');
    leave();
    expect(outcomeOf(await decide()), subject).toBe('unavailable');
  }
});

test('open: a decision whose event has no room is not made, and none is lost', async () => {
  const { decide, leave, log, events } = await outage({ capacity: 3 });
  const opened = Promise.withResolvers<void>();
  log.open = opened.promise;
  leave();
  const outcomes = [];
  for (let i = 0; i < 5; i += 1) outcomes.push(outcomeOf(await decide()));
  expect(outcomes).toEqual(['ALLOWED', 'ALLOWED', 'ALLOWED', 'unavailable', 'unavailable']);
  opened.resolve();
  await expect.poll(async () => outcomeOf(await decide())).toBe('ALLOWED');
  await events[Symbol.asyncDispose]();
  expect(log.kept).toHaveLength(4);
});

test('events of a long outage leave in batches, in order, one append at a time', async () => {
  const { decide, leave, log, events } = await outage();
  const opened = Promise.withResolvers<void>();
  log.open = opened.promise;
  leave();
  const ids = Array.from({ length: 100 }, (_, i) => `request-${i}`);
  for (const eventId of ids) await decide({ eventId });
  opened.resolve();
  await events[Symbol.asyncDispose]();
  expect(log.kept.map(({ event }) => event.data.id)).toEqual(ids);
  expect(log.most).toBe(1);
  expect(log.appended).toEqual([1, 99]);
});

test('no event is left behind, however close upon the last one it comes', async () => {
  const { shards, log, events } = await outage();
  for (let turns = 0; turns < 20; turns += 1) {
    const before = log.kept.length;
    const add = (id: string) => {
      const event = validation({ ...sampleDecision, id });
      return events.add({ shard: shardOf(shards.clientId), event });
    };
    add('first');
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    add('second');
    await expect.poll(() => log.kept.length - before, { interval: 1 }).toBe(2);
  }
});

test('an event that the log never takes does not hold up the others', async () => {
  const { decide, leave, log, events } = await outage();
  log.refuses = ({ event }) => event.data.id === 'bad';
  leave();
  for (const eventId of ['a', 'b', 'bad', 'c']) await decide({ eventId });
  await events[Symbol.asyncDispose]();
  expect(log.kept.map(({ event }) => event.data.id)).toEqual(['a', 'b', 'c']);
});
