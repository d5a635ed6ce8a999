/** The harness itself: that every store it hands out is real, empty and of its own. */

import {
  describeKafkaBackends,
  describePostgresBackends,
  describeRedisBackends,
  describeStacks,
} from '@keyward/tests/backends/describe-backends';
import { clusterNodes } from '@keyward/tests/backends/redis-cluster';
import { Cluster, Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { expect, test } from 'vitest';

describeRedisBackends('a fresh Redis URL', (backend) => {
  test('is another one at every call', async () => {
    expect(await backend.url()).not.toBe(await backend.url());
  });

  if (backend.name === 'memory') return;
  test('takes a write and gives it back', async () => {
    const url = await backend.url();
    const redis = url.startsWith('redis+cluster:') ? new Cluster(clusterNodes(url)) : new Redis(url);
    const key = `${new URLSearchParams(url.split('?')[1]).get('prefix')}greeting`;
    try {
      await redis.set(key, 'hello');
      expect(await redis.get(key)).toBe('hello');
    } finally {
      redis.disconnect();
    }
  });
});

describePostgresBackends('a fresh Postgres URL', (backend) => {
  test('is another one at every call', async () => {
    expect(await backend.url()).not.toBe(await backend.url());
  });

  if (backend.name === 'pglite') return;
  test('names an empty database that takes a table', async () => {
    const client = new Client({ connectionString: await backend.url() });
    await client.connect();
    try {
      const tables = await client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
      expect(tables.rowCount).toBe(0);
      await client.query('CREATE TABLE greeting (word text)');
      await client.query('INSERT INTO greeting VALUES ($1)', ['hello']);
      expect((await client.query('SELECT word FROM greeting')).rows).toEqual([{ word: 'hello' }]);
    } finally {
      await client.end();
    }
  });
});

describeKafkaBackends('a fresh Kafka URL', (backend) => {
  test('is another one at every call', async () => {
    expect(await backend.url()).not.toBe(await backend.url());
  });

  if (backend.name === 'memory') return;
  test('names a topic that carries a record', async () => {
    const { host, pathname, searchParams } = new URL(await backend.url());
    const topic = pathname.slice(1);
    const groupId = searchParams.get('group') ?? '';
    const kafka = new Kafka({ brokers: [host], logLevel: logLevel.NOTHING });
    const [admin, producer, consumer] = [kafka.admin(), kafka.producer(), kafka.consumer({ groupId })];
    try {
      await admin.connect();
      await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
      await producer.connect();
      await producer.send({ topic, messages: [{ value: 'hello' }] });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const received = await new Promise((fulfil, reject) => {
        const eachMessage = async ({ message }: { message: { value: Buffer | null } }) =>
          fulfil(message.value?.toString());
        consumer.run({ eachMessage }).catch(reject);
      });
      expect(received).toBe('hello');
    } finally {
      await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()]);
    }
  });
});

describeStacks('a fresh stack', (stack) => {
  test('names a store for each of the three jobs', async () => {
    const { redis, postgres, kafka } = await stack.url();
    const schemes = [redis, postgres, kafka].map((url) => url.slice(0, url.indexOf(':')));
    const expected = {
      embedded: ['memory', 'pglite', 'memory'],
      real: ['redis', 'postgres', 'kafka'],
      'real-cluster': ['redis+cluster', 'postgres', 'kafka'],
    };
    expect(schemes).toEqual(expected[stack.name]);
  });
});
