import { openProjectionStore } from '@keyward/stores/open-shards';
import { waitUntil } from '../backends/wait-until.ts';

/** admin-api fills empty shards by itself; until then validators answer 503. */
export async function untilProjected(redisUrl: string): Promise<void> {
  await using store = await openProjectionStore(redisUrl);
  await waitUntil(() => store.isComplete(), { what: 'the projection', timeoutMs: 15_000 });
}
