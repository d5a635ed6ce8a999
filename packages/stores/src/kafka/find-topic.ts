import { pause } from '@keyward/kit/pause';
import type { Admin } from 'kafkajs';
import type { KafkaLink } from './kafka-link.ts';
import type { KafkaTarget } from './kafka-target.ts';

export interface TopicFacts {
  clusterId: string;
  partitions: number;
}

const dayMs = 86_400_000;
const pollMs = 100;

/** Finds the topic, makes it when it is missing, and waits until each of its partitions has a leader. */
export async function findTopic(link: KafkaLink, target: KafkaTarget, signal: AbortSignal): Promise<TopicFacts> {
  const admin = link.kafka.admin();
  try {
    await admin.connect();
    const { clusterId } = await admin.describeCluster();
    if (!(await admin.listTopics()).includes(target.topic)) await createTopic(admin, target);
    for (;;) {
      const partitions = await countPartitions(admin, target.topic);
      if (partitions > 0) return { clusterId, partitions };
      await pause(pollMs, signal);
      signal.throwIfAborted();
    }
  } finally {
    await admin.disconnect();
  }
}

/** Without `waitForLeaders`: KafkaJS' own waiting gives up on a topic that the brokers do not all know yet. */
async function createTopic(
  admin: Admin,
  { topic, partitions, replication, retentionDays }: KafkaTarget,
): Promise<void> {
  const configEntries = [
    { name: 'retention.ms', value: String(retentionDays * dayMs) },
    // A segment is dropped as a whole: with the default of a week, records would live twice as long as they should.
    { name: 'segment.ms', value: String(dayMs) },
    { name: 'min.insync.replicas', value: replication > 2 ? '2' : '1' },
  ];
  const plan = { topic, numPartitions: partitions, replicationFactor: replication, configEntries };
  await admin.createTopics({ topics: [plan], waitForLeaders: false });
}

/** How many partitions the topic has, or 0 while one of them has no leader. */
async function countPartitions(admin: Admin, topic: string): Promise<number> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    return partitions.every((partition) => partition.leader >= 0) ? partitions.length : 0;
  } catch (error) {
    if (hasType(error, ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'])) return 0;
    throw error;
  }
}

function hasType(error: unknown, types: readonly string[]): boolean {
  return types.includes((error as { type?: string }).type ?? '');
}
