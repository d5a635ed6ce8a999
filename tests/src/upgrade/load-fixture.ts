import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards } from '@keyward/stores/shards';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { withKafka } from '../backends/kafka-admin.ts';
import { withPostgres } from '../backends/postgres-admin.ts';
import { infoLine } from '../backends/redis-admin.ts';
import type { Fixture, FixtureRecord, FixtureRedisKey } from './fixture.ts';

const folder = fileURLToPath(new URL('../../fixtures/upgrade/', import.meta.url));
const dayMs = 86_400_000;
const bytes = (text: string) => Buffer.from(text, 'base64');

export async function readFixture(): Promise<Fixture> {
  return JSON.parse(await readFile(`${folder}release.json`, 'utf8'));
}

/** Fills an empty database with what the release had in its own. */
export async function loadPostgres(url: string): Promise<void> {
  const sql = await readFile(`${folder}postgres.sql`, 'utf8');
  await withPostgres(url, (client) => client.query(sql));
}

/** Publishes the release's events, each as often as is said, as a relay does that was killed before it had trimmed them. */
export async function loadKafka(url: string, { fixture, times }: { fixture: Fixture; times: number }): Promise<void> {
  const { host, pathname } = new URL(url);
  const topic = pathname.slice(1);
  await withKafka(url, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: fixture.partitions }], waitForLeaders: true }),
  );
  const client = new Kafka({ brokers: [host], logLevel: logLevel.NOTHING });
  const producer = client.producer();
  await producer.connect();
  try {
    const records = fixture.records.map((record) => madeRecent(record, ageOf(fixture)));
    const messages = Array.from({ length: times }, () => records).flat();
    await producer.send({ topic, messages: messages.map((each) => ({ ...each, value: bytes(each.value) })) });
  } finally {
    await producer.disconnect();
  }
}

/** Fills an empty Redis, which then passes for the process that held it all. */
export async function loadRedis(url: string, fixture: Fixture): Promise<void> {
  const redis = new Redis(url);
  try {
    for (const each of fixture.redis) await loadKey(redis, each, ageOf(fixture));
    const runId = infoLine(await redis.info('server'), 'run_id') ?? '';
    for (const shard of allShards) await redis.set(redisKeys.confirmedRun(shard), runId);
  } finally {
    redis.disconnect();
  }
}

async function loadKey(redis: Redis, each: FixtureRedisKey, ageMs: number): Promise<void> {
  const { key } = each;
  switch (each.type) {
    case 'string':
      await redis.set(key, bytes(each.value));
      return;
    case 'hash':
      await redis.hset(key, ...each.fields.flat().map(bytes));
      return;
    case 'set':
      await redis.sadd(key, ...each.members.map(bytes));
      return;
    case 'zset':
      for (const [member, score] of each.members) await redis.zadd(key, bytes(score).toString(), bytes(member));
      return;
    case 'stream': {
      // One that is empty has to be there, too: it says how many it took in.
      const ids = each.entries.map(({ id }) => id);
      for (const { id, fields } of each.entries) await redis.xadd(key, id, ...recentEntry(fields, ageMs).flat());
      if (ids.length === 0) await redis.xadd(key, '1-1', 'gone', '');
      if (ids.length === 0) await redis.xdel(key, '1-1');
      await redis.call('XSETID', key, ids.at(-1) ?? '1-1', 'ENTRIESADDED', each.added, 'MAXDELETEDID', '0-0');
    }
  }
}

/** Whole days, so that nothing lies in the future: events that are older than a week are not counted any more. */
function ageOf({ untilMs }: Fixture): number {
  return Math.max(0, Math.floor((Date.now() - untilMs) / dayMs) * dayMs);
}

function madeRecent(record: FixtureRecord, ageMs: number): FixtureRecord {
  const { ce_id: id = '', ce_time: time = '', ...headers } = record.headers;
  const recent = { ce_id: recentId(id, ageMs), ce_time: new Date(Date.parse(time) + ageMs).toISOString() };
  const value = recentEvent(bytes(record.value).toString(), ageMs);
  return { ...record, headers: { ...headers, ...recent }, value: Buffer.from(value).toString('base64') };
}

function recentEntry(fields: readonly [string, string][], ageMs: number): [Buffer, Buffer][] {
  return fields.map(([name, value]) => {
    const [field, text] = [bytes(name), bytes(value)];
    if (field.toString() === 'e') return [field, Buffer.from(recentEvent(text.toString(), ageMs))];
    if (field.toString() === 't') return [field, Buffer.from(String(Number(text.toString()) + ageMs))];
    return [field, text];
  });
}

function recentEvent(json: string, ageMs: number): string {
  const { id, decidedAtMs, ...event } = JSON.parse(json);
  const decided = decidedAtMs === undefined ? {} : { decidedAtMs: decidedAtMs + ageMs };
  return JSON.stringify({ id: recentId(id, ageMs), ...event, ...decided });
}

/** A UUIDv7 begins with its time, 48 bits of milliseconds. */
function recentId(id: string, ageMs: number): string {
  const hex = (Number.parseInt(id.replace('-', '').slice(0, 12), 16) + ageMs).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`;
}
