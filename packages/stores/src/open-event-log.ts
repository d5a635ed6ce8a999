import type { Logger } from '@keyward/kit/logger';
import { parseKafkaUrl } from './kafka/kafka-target.ts';
import type { EventConsumer, EventProducer } from './ports/event-log.ts';

export interface EventLogOptions {
  logger: Logger;
}

/**
 * The adapters of the event log, chosen by the URL's scheme: `memory:<name>`, shared in this process, or
 * `kafka://host:port[,host:port]/<topic>?group=…&partitions=…&replication=…&retentionDays=…&sessionTimeoutMs=…`.
 */
export async function openEventProducer(url: string, options: EventLogOptions): Promise<EventProducer> {
  if (isMemory(url)) return (await import('./memory/memory-event-log.ts')).openMemoryProducer(url);
  return (await import('./kafka/kafka-event-producer.ts')).openKafkaProducer(url, options);
}

export async function openEventConsumer(url: string, options: EventLogOptions): Promise<EventConsumer> {
  if (isMemory(url)) return (await import('./memory/memory-event-log.ts')).openMemoryConsumer(url, options);
  return (await import('./kafka/kafka-event-consumer.ts')).openKafkaConsumer(url, options);
}

/** How long the log keeps what it holds, days, as far as this installation says so; undefined: as long as the process lives. */
export function retentionOf(url: string): number | undefined {
  return isMemory(url) ? undefined : parseKafkaUrl(url).retentionDays;
}

function isMemory(url: string): boolean {
  return url.startsWith('memory:');
}
