import { systemClock as clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { encodeEvent } from '@keyward/stores/event-codec';
import { openOutboxAccounts } from '@keyward/stores/open-shards';
import { EventsRefused } from '@keyward/stores/ports/event-log';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { redisKeys } from '@keyward/stores/redis/keys';
import { shardCount } from '@keyward/stores/shards';
import { StoreAway } from '@keyward/stores/store-away';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { EventMover } from '@keyward/validator/relay/move-events';
import { startRelay } from '@keyward/validator/relay/relay';
import { RelayProgress } from '@keyward/validator/relay/relay-progress';
import { expect, it, test } from 'vitest';
import { LogTwin } from './log-twin.ts';
import { clientsOf, untilEmpty } from './relayed-clients.ts';
import { quietLogger as logger } from './sample-events.ts';
import { openShards, outboxEntries, urlFor } from './shards-under-test.ts';

describeRedisBackends('relay of entries that the log will never take', (backend) => {
  it('buries them, and holds up neither their shard nor the others', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using accounts = await openOutboxAccounts(await urlFor(url, 'admin-api'));
    const request = await clientsOf(shards, 70);
    const byClient = await request(4);
    const bad = new Set([byClient[0]?.[1], byClient[0]?.[2], byClient[40]?.[0]]);
    const log = new LogTwin();
    log.before = async (events) => {
      if (events.some(({ event }) => bad.has(event.data.id))) throw new EventsRefused('MESSAGE_TOO_LARGE', undefined);
    };
    await using _ = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await untilEmpty(shards.outbox);
    expect(log.ids.toSorted()).toEqual(
      byClient
        .flat()
        .filter((id) => !bad.has(id))
        .toSorted(),
    );
    const buried = await accounts.listBuried(10);
    expect(new Set(buried.map(({ value }) => JSON.parse(value).id))).toEqual(bad);
    expect(new Set(buried.map(({ reason }) => reason))).toEqual(
      new Set(['the event log refused it: MESSAGE_TOO_LARGE']),
    );
    const later = await request(1);
    await untilEmpty(shards.outbox);
    expect(new Set(log.ids)).toEqual(new Set([...log.ids, ...later.flat()]));
  });

  it('keeps one that could not be buried, and all behind it', async () => {
    await using shards = await openShards(await backend.url());
    const [ids = []] = await (await clientsOf(shards, 1))(4);
    const log = new LogTwin();
    log.before = async (events) => {
      if (events.some(({ event }) => event.data.id === ids[1])) throw new EventsRefused('INVALID_RECORD', undefined);
    };
    const away = () => Promise.reject(new StoreAway(new Error('connection lost')));
    const outbox: Pick<Outbox, 'read' | 'markSent' | 'trim' | 'bury'> = {
      read: (...args) => shards.outbox.read(...args),
      markSent: (...args) => shards.outbox.markSent(...args),
      trim: (...args) => shards.outbox.trim(...args),
      bury: away,
    };
    await shards.outbox.claim('one', [0], 60_000);
    const leases = { held: () => [0], giveBackSurplus: async () => undefined };
    const { signal } = new AbortController();
    const common = { relay: 'one', leases, producer: log, progress: new RelayProgress(clock), logger, signal };
    await new EventMover({ ...common, outbox }).moveOnce();
    expect(await outboxEntries(shards.outbox)).toHaveLength(4);
    await new EventMover({ ...common, outbox: shards.outbox }).moveOnce();
    expect(await outboxEntries(shards.outbox)).toEqual([]);
    expect(new Set(log.ids)).toEqual(new Set(ids.filter((id) => id !== ids[1])));
  });
});

test('an entry that nobody can read goes to the dead list, and those behind it are relayed [redis]', async () => {
  const redis = await startNativeRedis();
  try {
    await using shards = await openShards(redis.url);
    await using accounts = await openOutboxAccounts(redis.url);
    const request = await clientsOf(shards, shardCount);
    const before = await request(1);
    const outbox = redisKeys.outbox(0);
    const ids = JSON.stringify({ id: newId(), environmentId: newId(), clientId: newId(), keyId: newId() });
    await withRedis(redis.url, async (operator) => {
      await operator.xadd(outbox, '*', 'e', '{"id":', 'v', 'ALLOWED', 't', '1');
      await operator.xadd(outbox, '*', 'y', 'keyward.unheard-of.v9', 's', '{}');
      await operator.xadd(outbox, '*', 'other', 'fields');
      await operator.xadd(outbox, '*', 'e', 'null', 'v', 'ALLOWED', 't', '1');
      await operator.xadd(outbox, '*', 'e', ids, 'v', 'ALLOWED', 't', 'soon');
    });
    const after = await request(1);
    const log = new LogTwin();
    log.before = async (events) => void events.map(encodeEvent); // as Kafka's producer does
    await using _ = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await untilEmpty(shards.outbox);
    expect(log.ids.toSorted()).toEqual([...before, ...after].flat().toSorted());
    const buried = await accounts.listBuried(10);
    expect(buried.map(({ type, value }) => [type, value])).toEqual([
      ['unreadable', '{"e":"{\\"id\\":","v":"ALLOWED","t":"1"}'],
      ['unreadable', '{"y":"keyward.unheard-of.v9","s":"{}"}'],
      ['unreadable', '{"other":"fields"}'],
      ['unreadable', '{"e":"null","v":"ALLOWED","t":"1"}'],
      ['unreadable', JSON.stringify({ e: ids, v: 'ALLOWED', t: 'soon' })],
    ]);
  } finally {
    await redis.stop();
  }
});

test('a Redis whose memory is full is drained all the same [redis]', async () => {
  const redis = await startNativeRedis();
  try {
    await using shards = await openShards(redis.url);
    const ids = (await (await clientsOf(shards, shardCount))(2)).flat();
    await withRedis(redis.url, (operator) => operator.config('SET', 'maxmemory', '1000000'));
    const log = new LogTwin();
    await using _ = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await untilEmpty(shards.outbox);
    expect(log.ids.toSorted()).toEqual(ids.toSorted());
  } finally {
    await redis.stop();
  }
});

test('the room of the outboxes is a quarter of what their servers may use, where they have a bound [redis]', async () => {
  const redis = await startNativeRedis();
  try {
    await using shards = await openShards(redis.url);
    expect(await shards.outbox.rooms()).toEqual(new Map());
    await withRedis(redis.url, (operator) => operator.config('SET', 'maxmemory', String(256 * 1024 * 1024)));
    const rooms = await shards.outbox.rooms();
    expect([...new Set(rooms.values())]).toEqual([1024 * 1024]);
    expect(rooms.size).toBe(shardCount);
  } finally {
    await redis.stop();
  }
});
