import type { LogEnds } from '../ports/event-log.ts';
import { findTopic } from './find-topic.ts';
import type { KafkaLink } from './kafka-link.ts';
import type { KafkaTarget } from './kafka-target.ts';

/** Where each partition of the topic begins and ends just now. */
export async function readEnds(link: KafkaLink, target: KafkaTarget, signal: AbortSignal): Promise<LogEnds> {
  const { logId } = await findTopic(link, target, signal);
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
