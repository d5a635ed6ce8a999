import { withKafka } from '../../backends/kafka-admin.ts';
import { withPostgres } from '../../backends/postgres-admin.ts';
import { waitUntil } from '../../backends/wait-until.ts';
import type { PipelineStores } from './pipeline-stores.ts';
import { readGroupState } from './read-group-state.ts';

/** Makes the group begin at offset 0 again, once its last member is gone; what is stored of offsets goes, too. */
export async function resetGroup(stores: PipelineStores): Promise<void> {
  const { kafka, postgres, topic, group: groupId } = stores;
  const isEmpty = async () => (await readGroupState(stores)) === 'Empty';
  await waitUntil(isEmpty, { what: 'the last member to be gone', timeoutMs: 15_000 });
  await withKafka(kafka.url, async (admin) => {
    await admin.describeCluster(); // as in read-group-state.ts
    await admin.resetOffsets({ groupId, topic, earliest: true });
  });
  await withPostgres(postgres.url, (client) => client.query('delete from consumer_offset'));
}
