import { openProjectionStore } from '@keyward/stores/open-shards';
import type { DecisionStore } from '@keyward/stores/ports/decision-store';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { RedisDecisionStore } from '@keyward/stores/redis/redis-decision-store';
import { confirmRedis } from '@keyward/tests/backends/confirm-redis';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { Redis } from 'ioredis';

export interface Shards extends AsyncDisposable {
  /** Another connection to the same Redis. */
  operator: Redis;
  projection: ProjectionStore;
  store: DecisionStore;
}

/** A Redis of its own whose shards are complete and confirmed, so that it decides. */
export async function startShards(): Promise<Shards> {
  await using starting = new AsyncDisposableStack();
  const server = starting.adopt(await startNativeRedis(), (each) => each.stop());
  const operator = new Redis(server.url, { enableAutoPipelining: true });
  starting.defer(() => operator.disconnect());
  const projection = starting.use(await openProjectionStore(server.url));
  await projection.completeRebuild(await projection.beginRebuild());
  await confirmRedis(server.url);
  const store = starting.use(await RedisDecisionStore.open(server.url));
  const running = starting.move();
  return { operator, projection, store, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
