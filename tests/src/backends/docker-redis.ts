import { startDockerStore } from './docker-container.ts';
import { clusterBusOffset, freePort } from './free-port.ts';
import { joinRedisCluster } from './join-redis-cluster.ts';
import { probeRedis } from './redis-admin.ts';
import type { StartedStore } from './started-store.ts';

const image = 'redis:7';

export async function startDockerRedis(): Promise<StartedStore> {
  const port = await freePort();
  return startDockerStore({
    image,
    url: `redis://127.0.0.1:${port}/0`,
    probe: probeRedis,
    configure: (container) =>
      container
        .withExposedPorts({ container: 6379, host: port })
        .withCommand(['redis-server', '--protected-mode', 'no', '--save', '', '--maxmemory-policy', 'noeviction']),
  });
}

/**
 * Three masters in one container: they gossip over its loopback, and tell clients 127.0.0.1 and ports that are the
 * same inside and outside.
 */
export async function startDockerRedisCluster(): Promise<StartedStore> {
  const ports = await Promise.all([1, 2, 3].map(() => freePort([clusterBusOffset])));
  const store = await startDockerStore({
    image,
    probe: () => Promise.all(ports.map((port) => probeRedis(`redis://127.0.0.1:${port}`))).then(() => undefined),
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    configure: (container) =>
      container
        .withExposedPorts(...ports.map((port) => ({ container: port, host: port })))
        .withCommand(['sh', '-c', `${ports.map(nodeCommand).join(' & ')} & wait`]),
  });
  try {
    await joinRedisCluster(ports);
    return store;
  } catch (error) {
    await store.stop();
    throw error;
  }
}

const nodeCommand = (port: number) =>
  [
    `redis-server --port ${port} --bind 0.0.0.0 --protected-mode no --save '' --appendonly no --dir /tmp`,
    `--maxmemory-policy noeviction --cluster-enabled yes --cluster-node-timeout 2000`,
    `--cluster-config-file nodes-${port}.conf --cluster-announce-ip 127.0.0.1`,
  ].join(' ');
