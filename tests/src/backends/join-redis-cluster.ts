import { infoLine, withRedis } from './redis-admin.ts';
import { waitUntil } from './wait-until.ts';

const slotRanges = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
] as const;

/**
 * Makes a cluster of three empty nodes on 127.0.0.1, and resolves when each of them calls it whole.
 * @param first where the others meet the first: its TLS port, if they speak TLS to each other.
 */
export async function joinRedisCluster(ports: readonly number[], first = ports[0]): Promise<void> {
  await Promise.all(ports.map(claimSlots));
  for (const port of ports.slice(1)) {
    await withRedis(urlOf(port), (redis) => redis.call('CLUSTER', 'MEET', '127.0.0.1', String(first)));
  }
  await Promise.all(
    ports.map((port) => waitUntil(() => isWhole(port), { what: 'cluster_state:ok', timeoutMs: 20_000 })),
  );
}

async function claimSlots(port: number, index: number): Promise<void> {
  const range = slotRanges[index];
  if (!range) throw new Error('a test cluster has three nodes');
  await withRedis(urlOf(port), async (redis) => {
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', String(range[0]), String(range[1]));
    await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
  });
}

const isWhole = (port: number) =>
  withRedis(urlOf(port), async (redis) => {
    const info = String(await redis.call('CLUSTER', 'INFO'));
    return infoLine(info, 'cluster_state') === 'ok' && infoLine(info, 'cluster_known_nodes') === '3';
  });

const urlOf = (port: number) => `redis://127.0.0.1:${port}`;
