import { redisKeys } from '@keyward/stores/redis/keys';
import { shardOf } from '@keyward/stores/shards';
import { startClusterReplica } from './cluster-replica.ts';
import { startMovingAddress } from './moving-address.ts';
import { withRedis } from './redis-admin.ts';
import { startNativeRedisCluster } from './redis-cluster.ts';
import { startNativeRedis } from './redis-server.ts';
import { cutOff, untilInStep } from './replication.ts';

/** A Redis that loses what it acknowledged last; each step may be done again after the last one. */
export interface FailingRedis extends AsyncDisposable {
  url: string;
  /** Does the master that fails hold the shard of this client? */
  holds(clientId: string): Promise<boolean>;
  /** Whatever is written from now on will be lost. */
  beginLoss(): Promise<void>;
  kill(): Promise<void>;
  /** Another process, with the older state, takes the place of the one that was killed. */
  takeOver(): Promise<void>;
}

/** A master behind an address that moves to its replica, which was cut off before. */
export async function startFailingMaster(): Promise<FailingRedis> {
  await using starting = new AsyncDisposableStack();
  const startOne = async (args: string[] = []) => {
    const server = await startNativeRedis({ args: ['--repl-diskless-sync-delay', '0', ...args] });
    return running.adopt(server, (each) => each.stop());
  };
  const running = starting.use(new AsyncDisposableStack());
  let master = await startOne();
  let replica = master;
  const address = starting.use(await startMovingAddress(master.port));
  const started = starting.move();
  return {
    url: `redis://127.0.0.1:${address.port}/0`,
    holds: async () => true,
    async beginLoss() {
      replica = await startOne(['--replicaof', '127.0.0.1', String(master.port)]);
      await untilInStep({ master, replica });
      await cutOff({ master, replica });
    },
    kill: () => master.kill(),
    async takeOver() {
      await withRedis(replica.url, (redis) => redis.replicaof('NO', 'ONE'));
      address.moveTo(replica.port);
      master = replica;
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** One that is killed and starts with what it had saved before. */
export async function startForgetfulRedis(): Promise<FailingRedis> {
  const redis = await startNativeRedis();
  return {
    url: redis.url,
    holds: async () => true,
    beginLoss: () => withRedis(redis.url, async (operator) => void (await operator.save())),
    kill: () => redis.kill(),
    takeOver: () => redis.restart(),
    [Symbol.asyncDispose]: () => redis.stop(),
  };
}

/** A cluster of three masters; the first fails, and a replica that was cut off before takes its slots over. */
export async function startFailingCluster(): Promise<FailingRedis> {
  await using starting = new AsyncDisposableStack();
  const cluster = starting.adopt(await startNativeRedisCluster(), (each) => each.stop());
  const [first] = cluster.nodes;
  if (!first) throw new Error('a cluster has masters');
  let [master, replica] = [first, first];
  const started = starting.move();
  return {
    url: cluster.url,
    holds: (clientId) =>
      withRedis(master.url, async (operator) => {
        const slot = Number(await operator.call('CLUSTER', 'KEYSLOT', redisKeys.outbox(shardOf(clientId))));
        return slot <= lastSlotOfFirst;
      }),
    async beginLoss() {
      replica = started.adopt(await startClusterReplica(cluster.nodes, master), (each) => each.stop());
      await cutOff({ master, replica });
    },
    kill: () => master.kill(),
    async takeOver() {
      await withRedis(replica.url, (operator) => operator.call('CLUSTER', 'FAILOVER', 'TAKEOVER'));
      master = replica;
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

const lastSlotOfFirst = 5_460;
