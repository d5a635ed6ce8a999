/** Servers that a test may freeze, kill and start again without harm to the others. */

import { withKafka } from '@keyward/tests/backends/kafka-admin';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedisCluster } from '@keyward/tests/backends/redis-cluster';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expect, test } from 'vitest';

test('a frozen Redis answers nothing, and a thawed one answers again', async () => {
  const redis = await startNativeRedis();
  const ping = () => withRedis(redis.url, (client) => client.ping());
  try {
    redis.freeze();
    await expect(ping()).rejects.toThrow();
    redis.thaw();
    expect(await ping()).toBe('PONG');
  } finally {
    await redis.stop();
  }
});

test('a killed Redis refuses connections, and comes back empty on its port with another process', async () => {
  const redis = await startNativeRedis();
  try {
    await withRedis(redis.url, (client) => client.set('a', '1'));
    const before = redis.pid;
    await redis.kill();
    await expect(withRedis(redis.url, (client) => client.ping())).rejects.toThrow();
    await redis.restart();
    expect(redis.pid).not.toBe(before);
    expect(await withRedis(redis.url, (client) => client.get('a'))).toBeNull();
  } finally {
    await redis.stop();
  }
});

test('a cluster notices a killed master, and is whole again after its restart', async () => {
  const cluster = await startNativeRedisCluster();
  const [first, second] = cluster.nodes;
  if (!first || !second) throw new Error('a cluster has three nodes');
  const stateIs = (state: string) => async () =>
    String(await withRedis(first.url, (client) => client.call('CLUSTER', 'INFO'))).includes(`cluster_state:${state}`);
  try {
    await second.kill();
    await waitUntil(stateIs('fail'), { what: 'the loss to be noticed', timeoutMs: 15_000 });
    await second.restart();
    await waitUntil(stateIs('ok'), { what: 'the cluster to be whole', timeoutMs: 15_000 });
  } finally {
    await cluster.stop();
  }
});

test('a killed Postgres comes back with its data', async () => {
  const postgres = await startNativePostgres();
  try {
    await withPostgres(postgres.url, (client) => client.query('CREATE TABLE kept AS SELECT 1 AS n'));
    await postgres.kill();
    await expect(withPostgres(postgres.url, (client) => client.query('SELECT 1'))).rejects.toThrow();
    await postgres.restart();
    const kept = await withPostgres(postgres.url, (client) => client.query('SELECT n FROM kept'));
    expect(kept.rows).toEqual([{ n: 1 }]);
  } finally {
    await postgres.stop();
  }
});

test('a killed Kafka comes back with its topics', { timeout: 60_000 }, async () => {
  const kafka = await startNativeKafka();
  try {
    await withKafka(kafka.url, (admin) => admin.createTopics({ topics: [{ topic: 'kept' }], waitForLeaders: false }));
    await kafka.kill();
    await expect(withKafka(kafka.url, (admin) => admin.listTopics())).rejects.toThrow();
    await kafka.restart();
    expect(await withKafka(kafka.url, (admin) => admin.listTopics())).toContain('kept');
  } finally {
    await kafka.stop();
  }
});
