import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { systemClock } from '@keyward/kit/clock';
import { kafkaVersion } from '@keyward/tests/backends/kafka-jars';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { infoLine, withRedis } from '@keyward/tests/backends/redis-admin';
import type { Installation } from '../stack/installation.ts';

/** What was measured on; nothing that tells whose machine it is. */
export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  kernel: string;
  node: string;
  redis: string;
  kafka: string;
  postgres: string;
  /** How many wanted a core in the last minute before the start. */
  loadAverage: number;
}

export async function describeMachine({ redisUrl, postgresUrl }: Installation): Promise<Machine> {
  const info = await withRedis(redisUrl, (redis) => redis.info('server'));
  const shown = await withPostgres(postgresUrl, (client) => client.query('show server_version'));
  const [first] = cpus();
  return {
    date: new Date(systemClock.nowMs()).toISOString(),
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${/^[\d.]+/.exec(release())?.[0] ?? release()}`,
    node: process.versions.node,
    redis: infoLine(info, 'redis_version') ?? 'unknown',
    kafka: kafkaVersion,
    postgres: String(shown.rows[0].server_version),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}
