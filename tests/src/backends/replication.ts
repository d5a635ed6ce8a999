import { infoLine, withRedis } from './redis-admin.ts';
import { waitUntil } from './wait-until.ts';

interface Pair {
  master: { url: string };
  replica: { url: string };
}

/** Waits until the replica has all that the master has written up to now. */
export async function untilInStep({ master, replica }: Pair): Promise<void> {
  const replication = ({ url }: { url: string }) => withRedis(url, (redis) => redis.info('replication'));
  const written = async () => Number(infoLine(await replication(master), 'master_repl_offset'));
  const since = await written();
  const isInStep = async () => {
    const info = await replication(replica);
    return infoLine(info, 'master_link_status') === 'up' && Number(infoLine(info, 'slave_repl_offset')) >= since;
  };
  await waitUntil(isInStep, { what: 'the replica to be in step', timeoutMs: 15_000 });
}

/** From now on nothing that the master writes reaches the replica, which keeps what it has. */
export async function cutOff({ master, replica }: Pair): Promise<void> {
  // It is not let in again: there is no such user.
  await withRedis(replica.url, (redis) => redis.config('SET', 'masteruser', 'nobody', 'masterauth', 'cut-off'));
  await withRedis(master.url, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'replica'));
  const isCutOff = async () => {
    const info = await withRedis(replica.url, (redis) => redis.info('replication'));
    return infoLine(info, 'master_link_status') === 'down';
  };
  await waitUntil(isCutOff, { what: 'the replica to be cut off', timeoutMs: 10_000 });
}
