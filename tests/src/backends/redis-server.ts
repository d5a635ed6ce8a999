import { chooseOrigin } from './choose-origin.ts';
import { newDataFolder } from './data-folder.ts';
import { startDockerRedis } from './docker-redis.ts';
import { freePort } from './free-port.ts';
import { type NativeServer, retryOnLostPort, startNativeServer } from './native-server.ts';
import { infoLine, probeRedis, withRedis } from './redis-admin.ts';
import { redisProgram } from './redis-program.ts';
import { startServerProcess, waitForServer } from './server-process.ts';
import type { StartedStore } from './started-store.ts';

/** A single Redis for the whole run, as `redis://host:port/db`. */
export const startRedisServer = (): Promise<StartedStore> =>
  chooseOrigin({
    variable: 'TEST_REDIS_URL',
    probe: probeRedis,
    docker: startDockerRedis,
    native: () => startNativeRedis(),
    remedy:
      'Remedy: put redis-server on PATH (Debian: apt-get install redis-server), start Docker, or set TEST_REDIS_URL.',
  });

export interface NativeRedisOptions {
  /** Further arguments, which win over ours: `['--appendonly', 'yes']`. */
  args?: readonly string[];
  /** Ports that must be free as well, given as offsets. */
  portOffsets?: readonly number[];
}

/** A private Redis process, for tests that kill, freeze or fill it. Without arguments it forgets all on restart. */
export async function startNativeRedis({
  args = [],
  portOffsets = [],
}: NativeRedisOptions = {}): Promise<NativeServer> {
  const { path, env } = await redisProgram();
  return retryOnLostPort(async () => {
    const port = await freePort(portOffsets);
    const dataFolder = await newDataFolder('redis');
    const url = `redis://127.0.0.1:${port}/0`;
    const launch = async () => {
      const server = startServerProcess({
        program: path,
        args: [...baseArgs(port, dataFolder), ...args],
        cwd: dataFolder,
        env,
      });
      // Another run's Redis may answer on this port, so the process id decides.
      const isOurs = async () =>
        infoLine(await withRedis(url, (redis) => redis.info('server')), 'process_id') === String(server.pid);
      await waitForServer(server, isOurs, { what: 'redis-server', timeoutMs: 10_000 });
      return server;
    };
    return startNativeServer({ url, port, dataFolder, launch });
  });
}

const baseArgs = (port: number, dataFolder: string) => [
  ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataFolder],
  ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'],
];
