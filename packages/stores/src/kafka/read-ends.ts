import type { LogEnds } from '../ports/event-log.ts';
import { findTopic } from './find-topic.ts';
import type { KafkaLink } from './kafka-link.ts';
import type { KafkaTarget } from './kafka-target.ts';
import { readTopicId } from './read-topic-id.ts';

/** Which log it is, the very one and none of the same name, and where each partition of the topic begins and ends just now. */
export async function readEnds(link: KafkaLink, target: KafkaTarget, signal: AbortSignal): Promise<LogEnds> {
  const { clusterId } = await findTopic(link, target, signal);
  const logId = `${clusterId}/${target.topic}/${await readTopicId(target)}`;
  const admin = link.kafka.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(target.topic);
    return {
      logId,
      partitions: offsets.map(({ partition, low, high }) => ({ partition, first: Number(low), end: Number(high) })),
    };
  } finally {
    await admin.disconnect();
  }
}
