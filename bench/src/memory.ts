/**
 * What Redis has to hold for each key, each call, and each event that waits for the event log: `node bench/src/memory.ts` prints by
 * how much its `used_memory` grows. Each key has two scopes, two IP ranges, limits, and a client of its own.
 */
import type { KeyRecord } from '@keyward/contract/projection';
import { systemClock } from '@keyward/kit/clock';
import { newId, newSecret } from '@keyward/kit/random';
import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards } from '@keyward/stores/shards';
import { startShards } from './stack/start-shards.ts';

const keys = 50_000;
const atOnce = 200;

await using shards = await startShards();
const { operator, projection, store } = shards;

const environmentId = newId();
await projection.putEnvironmentVersion(environmentId, 1);
const holders = Array.from({ length: keys }, () => ({ clientId: newId(), keyFamilyId: newId() }));
type Holder = (typeof holders)[number];

function recordOf({ clientId, keyFamilyId }: Holder): KeyRecord {
  return {
    version: 1,
    keyId: newId(),
    clientId,
    status: 'active',
    clientStatus: 'active',
    clientIps: ['10.0.0.0/16', '10.1.0.0/16'],
    keyIps: [],
    scopes: ['read:orders', 'write:orders'],
    familyId: keyFamilyId,
    limits: { minute: 600, day: 100_000 },
    details: JSON.stringify({ name: 'a key', metadata: { team: 'payments' } }),
  };
}

async function use(holder: Holder): Promise<void> {
  const event = {
    id: newId(),
    environmentId,
    clientId: holder.clientId,
    keyId: newId(),
    methodPath: 'GET:/orders/{id}',
    path: '/orders/1234',
    ip: '203.0.113.9',
    userAgent: 'application/1.0',
    durationUs: 900,
    status: 200,
  };
  const answer = await store.decide({
    ...holder,
    environmentId,
    environmentVersion: 1,
    clientVersion: 1,
    eventId: event.id,
    replayId: newId(),
    requestedAtMs: systemClock.nowMs(),
    toleranceMs: 300_000,
    environmentLimits: {},
    keyLimits: { minute: 600, day: 100_000 },
    clientLimits: { hour: 1_000_000 },
    isUse: true,
    tellsUses: false,
    verdict: 'ALLOWED',
    cost: 1,
    event: JSON.stringify(event),
  });
  if (answer.kind !== 'decided') throw new Error(`a decision was ${answer.kind}`);
}

const record = await grown((holder) =>
  projection.putKeys(environmentId, [{ digest: newSecret(), record: recordOf(holder) }]),
);
const client = await grown(({ clientId }) => projection.putClientVersion(clientId, 1));
const first = await grown(use);
const queued = await queuedBytes();
const second = await grown(use);
const event = ((await queuedBytes()) - queued) / keys;

const lines: [string, number][] = [
  ['a key, its record', record],
  ['a key and a client of its own, in use', record + client + first - second],
  ['a call by an envelope, for 305 s (plain body: 60 s)', second - event],
  ['an event that waits', event],
];
for (const [what, bytes] of lines) process.stdout.write(`${what.padEnd(52)} ${bytes.toFixed(0).padStart(5)} bytes\n`);

/** By how many bytes a key Redis grows. */
async function grown(put: (holder: Holder) => Promise<unknown>): Promise<number> {
  const before = await usedBytes();
  for (let i = 0; i < keys; i += atOnce) await Promise.all(holders.slice(i, i + atOnce).map(put));
  return ((await usedBytes()) - before) / keys;
}

async function usedBytes(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await operator.info('memory'))?.[1]);
}

async function queuedBytes(): Promise<number> {
  const sizes = await Promise.all(
    allShards.map((shard) => operator.memory('USAGE', redisKeys.outbox(shard), 'SAMPLES', 0)),
  );
  return sizes.reduce<number>((sum, bytes) => sum + Number(bytes ?? 0), 0);
}
