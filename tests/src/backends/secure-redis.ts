import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aclRules, type RedisUser } from '@keyward/stores/redis/acl-rules';
import { newDataFolder } from './data-folder.ts';
import { clusterBusOffset, freePort } from './free-port.ts';
import { joinRedisCluster } from './join-redis-cluster.ts';
import { type NativeServer, startNativeServer } from './native-server.ts';
import { withRedis } from './redis-admin.ts';
import { clusterNodeOptions } from './redis-cluster.ts';
import { redisProgram } from './redis-program.ts';
import { startNativeRedis } from './redis-server.ts';
import { untilInStep } from './replication.ts';
import { startServerProcess, waitForServer } from './server-process.ts';
import type { CertificateFiles, TestAuthority } from './test-authority.ts';

const users = ['validator', 'admin-api'] as const satisfies RedisUser[];
export const masterName = 'keyward';

/** A master and its replica that take TLS with a client's certificate and two users, and the sentinel that watches them. */
export interface SecureRedis extends AsyncDisposable {
  /** The port of the master, where TLS is spoken. */
  tlsPort: number;
  master: NativeServer;
  replica: NativeServer;
  passwordOf: (user: RedisUser) => string;
  /** As that user, by the sentinel, with that identity. */
  sentinelUrl(user: RedisUser, client: CertificateFiles): string;
}

export async function startSecureRedis(authority: TestAuthority): Promise<SecureRedis> {
  await using starting = new AsyncDisposableStack();
  const tls = await tlsArgs(authority);
  const server = async (args: readonly string[] = []) => {
    const tlsPort = await freePort();
    const announced = [
      '--replica-announce-port',
      String(tlsPort),
      '--tls-replication',
      'yes',
      '--repl-diskless-sync-delay',
      '0',
    ];
    const started = await startNativeRedis({
      args: [...tls, '--tls-port', String(tlsPort), ...announced, ...aclArgs(), ...args],
    });
    starting.defer(() => started.stop());
    return { started, tlsPort };
  };
  const { started: master, tlsPort } = await server();
  const { started: replica } = await server(['--replicaof', '127.0.0.1', String(tlsPort)]);
  await untilInStep({ master, replica });
  const sentinelPort = await freePort();
  const sentinel = await startSentinel(sentinelPort, { tls, masterPort: tlsPort });
  starting.defer(() => sentinel.stop());
  const running = starting.move();
  return {
    tlsPort,
    master,
    replica,
    passwordOf,
    sentinelUrl: (user, client) =>
      `rediss+sentinel://${user}:${passwordOf(user)}@127.0.0.1:${sentinelPort}/${masterName}/0?${clientQuery(authority.ca, client)}`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Three masters that speak TLS to everybody, each other included, and know the same users. */
export interface SecureRedisCluster extends AsyncDisposable {
  url(user: RedisUser, query: string): string;
}

export async function startSecureRedisCluster(authority: TestAuthority): Promise<SecureRedisCluster> {
  await using starting = new AsyncDisposableStack();
  const tls = [...(await tlsArgs(authority)), '--tls-cluster', 'yes', '--tls-replication', 'yes'];
  const nodes: { port: number; tlsPort: number }[] = [];
  for (let node = 0; node < 3; node += 1) {
    const tlsPort = await freePort([clusterBusOffset]);
    const args = [...clusterNodeOptions.args, ...tls, '--tls-port', String(tlsPort), ...aclArgs()];
    const started = starting.adopt(await startNativeRedis({ args }), (each) => each.stop());
    nodes.push({ port: started.port, tlsPort });
  }
  await joinRedisCluster(
    nodes.map(({ port }) => port),
    nodes[0]?.tlsPort,
  );
  const addresses = nodes.map(({ tlsPort }) => `127.0.0.1:${tlsPort}`).join(',');
  const running = starting.move();
  return {
    url: (user, query) => `rediss+cluster://${user}:${passwordOf(user)}@${addresses}?${query}`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const passwordOf = (user: RedisUser) => `secret-of-${user}`;

const aclArgs = () => users.flatMap((user) => ['--user', user, 'on', `>${passwordOf(user)}`, ...aclRules(user)]);

async function tlsArgs(authority: TestAuthority): Promise<string[]> {
  const { cert, key } = await authority.issue('redis');
  return ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', authority.ca];
}

export const clientQuery = (ca: string, { cert, key }: CertificateFiles) =>
  `sslrootcert=${ca}&sslcert=${cert}&sslkey=${key}`;

/** One that takes a master for lost after half a second, and needs nobody's consent. */
async function startSentinel(
  tlsPort: number,
  { tls, masterPort }: { tls: readonly string[]; masterPort: number },
): Promise<NativeServer> {
  const { path, env } = await redisProgram();
  const [port, dataFolder] = await Promise.all([freePort(), newDataFolder('sentinel')]);
  const file = join(dataFolder, 'sentinel.conf');
  const lines = [
    `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${masterName} 500`,
    `sentinel failover-timeout ${masterName} 1000`,
  ];
  const url = `redis://127.0.0.1:${port}`;
  return startNativeServer({
    url,
    port,
    dataFolder,
    prepare: () => writeFile(file, `${lines.join('\n')}\n`),
    launch: async () => {
      const ports = ['--port', String(port), '--tls-port', String(tlsPort), '--bind', '127.0.0.1'];
      const args = [file, '--sentinel', ...ports, '--tls-replication', 'yes', '--dir', dataFolder, ...tls];
      const server = startServerProcess({ program: path, args, cwd: dataFolder, env });
      const knowsBoth = () =>
        withRedis(url, async (redis) => {
          const replicas: unknown = await redis.call('SENTINEL', 'REPLICAS', masterName);
          return Array.isArray(replicas) && replicas.length === 1;
        });
      await waitForServer(server, knowsBoth, { what: 'the sentinel', timeoutMs: 25_000 });
      return server;
    },
  });
}
