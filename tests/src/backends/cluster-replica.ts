import type { NativeServer } from './native-server.ts';
import { withRedis } from './redis-admin.ts';
import { clusterNodeOptions } from './redis-cluster.ts';
import { startNativeRedis } from './redis-server.ts';
import { untilInStep } from './replication.ts';
import { waitUntil } from './wait-until.ts';

/** A further node of a cluster, which replicates one of its masters; once it is in step, and all masters know it. */
export async function startClusterReplica(
  masters: readonly NativeServer[],
  master: NativeServer,
): Promise<NativeServer> {
  const replica = await startNativeRedis(clusterNodeOptions);
  try {
    const masterId = await idOf(master);
    await withRedis(replica.url, async (redis) => {
      await redis.call('CLUSTER', 'MEET', '127.0.0.1', String(master.port));
      const replicate = () => redis.call('CLUSTER', 'REPLICATE', masterId).then(() => true);
      await waitUntil(replicate, { what: 'the replica to know its master', timeoutMs: 15_000 });
    });
    await untilInStep({ master, replica });
    const replicaId = await idOf(replica);
    for (const each of masters) {
      const isKnown = async () => {
        const nodes = String(await withRedis(each.url, (redis) => redis.call('CLUSTER', 'NODES')));
        return nodes.split('\n').some((line) => line.startsWith(replicaId) && line.includes(`slave ${masterId}`));
      };
      await waitUntil(isKnown, { what: 'the masters to know the replica', timeoutMs: 15_000 });
    }
    return replica;
  } catch (error) {
    await replica.stop();
    throw error;
  }
}

const idOf = async ({ url }: NativeServer) => String(await withRedis(url, (redis) => redis.call('CLUSTER', 'MYID')));
