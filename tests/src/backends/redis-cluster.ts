import { Cluster } from 'ioredis';
import { chooseOrigin } from './choose-origin.ts';
import { startDockerRedisCluster } from './docker-redis.ts';
import { clusterBusOffset } from './free-port.ts';
import { joinRedisCluster } from './join-redis-cluster.ts';
import type { NativeServer } from './native-server.ts';
import { startNativeRedis } from './redis-server.ts';
import type { StartedStore } from './started-store.ts';

/** A Redis Cluster of three masters for the whole run, as `redis+cluster://host:p1,host:p2,host:p3`. */
export const startRedisCluster = (): Promise<StartedStore> =>
  chooseOrigin({
    variable: 'TEST_REDIS_CLUSTER_URL',
    probe: probeCluster,
    docker: startDockerRedisCluster,
    native: () => startNativeRedisCluster(),
    remedy:
      'Remedy: put redis-server on PATH (Debian: apt-get install redis-server), start Docker, or set TEST_REDIS_CLUSTER_URL.',
  });

export interface NativeRedisCluster extends StartedStore {
  origin: 'native';
  /** The masters in the order of their slots: 0–5460, 5461–10922, 10923–16383. */
  nodes: readonly NativeServer[];
}

/** A private cluster of three masters, for tests that kill or freeze one. */
export async function startNativeRedisCluster({
  args = [],
}: {
  args?: readonly string[];
} = {}): Promise<NativeRedisCluster> {
  const started = await Promise.allSettled(
    [1, 2, 3].map(() => startNativeRedis({ ...clusterNodeOptions, args: [...clusterNodeOptions.args, ...args] })),
  );
  const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    const failed = started.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    const ports = nodes.map((node) => node.port);
    await joinRedisCluster(ports);
    return { url: redisClusterUrl(ports), origin: 'native', nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export const clusterNodeOptions = {
  args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--repl-diskless-sync-delay', '0'],
  portOffsets: [clusterBusOffset],
};

export const redisClusterUrl = (ports: readonly number[]) =>
  `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;

/** The `host:port` pairs of a `redis+cluster://` URL; `URL` cannot read several hosts. */
export function clusterNodes(url: string): { host: string; port: number }[] {
  const hosts = /^redis\+cluster:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url)?.[1];
  if (!hosts) throw new Error('a cluster URL reads redis+cluster://host:port,host:port');
  return hosts.split(',').map((pair) => {
    const at = pair.lastIndexOf(':');
    return { host: pair.slice(0, at), port: Number(pair.slice(at + 1)) };
  });
}

async function probeCluster(url: string): Promise<void> {
  const cluster = new Cluster(clusterNodes(url), { lazyConnect: true, clusterRetryStrategy: () => null });
  cluster.on('error', () => undefined);
  try {
    await cluster.connect();
    await cluster.ping();
  } finally {
    cluster.disconnect();
  }
}
