import { withKafka } from '../../backends/kafka-admin.ts';
import type { PipelineStores } from './pipeline-stores.ts';

/** Kafka's word for the state of the readers' group: `Stable`, `PreparingRebalance`, `Empty`, … */
export const readGroupState = ({ kafka, group }: PipelineStores): Promise<string | undefined> =>
  withKafka(kafka.url, async (admin) => {
    await admin.describeCluster(); // KafkaJS finds the group's coordinator among brokers that it knows
    return (await admin.describeGroups([group])).groups[0]?.state;
  });
