import type { KafkaLink } from './kafka-link.ts';
import type { KafkaTarget } from './kafka-target.ts';

/** The offsets that a group has committed of a topic, by partition. */
export async function readCommitted(
  link: KafkaLink,
  { topic, group }: Pick<KafkaTarget, 'topic' | 'group'>,
): Promise<Map<number, number>> {
  const admin = link.kafka.admin();
  try {
    await admin.connect();
    const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const committed = (answer?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)] as const);
    return new Map(committed.filter(([, offset]) => offset >= 0));
  } finally {
    await admin.disconnect();
  }
}
