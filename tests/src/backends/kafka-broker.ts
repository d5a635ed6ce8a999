import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseOrigin } from './choose-origin.ts';
import { newDataFolder } from './data-folder.ts';
import { startDockerKafka } from './docker-kafka.ts';
import { freePort } from './free-port.ts';
import { javaProgram } from './java-program.ts';
import { probeKafka, withKafka } from './kafka-admin.ts';
import { kafkaClassPath } from './kafka-jars.ts';
import { kafkaProperties } from './kafka-properties.ts';
import { type NativeServer, retryOnLostPort, startNativeServer } from './native-server.ts';
import { runProgram } from './run-program.ts';
import { startServerProcess, waitForServer } from './server-process.ts';
import type { StartedStore } from './started-store.ts';

/** A Kafka of one broker for the whole run, as `kafka://host:port`. Topics are not made by themselves. */
export const startKafkaBroker = (): Promise<StartedStore> =>
  chooseOrigin({
    variable: 'TEST_KAFKA_URL',
    probe: probeKafka,
    docker: startDockerKafka,
    native: () => startNativeKafka(),
    remedy: 'Remedy: put Java 17 or newer and Maven on PATH, start Docker, or set TEST_KAFKA_URL.',
  });

interface NativeKafkaOptions {
  /** Further settings of the broker, by its port and its controller's; they win over ours. */
  settings?: (ports: { port: number; controllerPort: number }) => Record<string, string>;
  /** Further words for the command that formats its folder. */
  formatArgs?: readonly string[];
}

/** A private broker process, for tests that kill or freeze it. Its log survives a restart (about 4 s after a kill). */
export async function startNativeKafka({ settings, formatArgs = [] }: NativeKafkaOptions = {}): Promise<NativeServer> {
  const java = await javaProgram();
  const classPath = await kafkaClassPath();
  return retryOnLostPort(async () => {
    const [port, controllerPort, folder] = await Promise.all([freePort(), freePort(), newDataFolder('kafka')]);
    const url = `kafka://127.0.0.1:${port}`;
    const clusterId = newClusterId();
    const properties = join(folder, 'server.properties');
    const extra = settings?.({ port, controllerPort });
    const jvm = [...jvmFlags, `-Djava.io.tmpdir=${join(folder, 'tmp')}`, '-cp', classPath];
    const prepare = async () => {
      await mkdir(join(folder, 'tmp'));
      await writeFile(properties, kafkaProperties({ port, controllerPort, logFolder: join(folder, 'log'), extra }));
      const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties, ...formatArgs];
      await runProgram(java, [...jvm, ...format], { cwd: folder, timeoutMs: 60_000 });
    };
    const launch = async () => {
      const server = startServerProcess({ program: java, args: [...jvm, 'kafka.Kafka', properties], cwd: folder });
      // Another run's broker may answer on this port, so the cluster id decides.
      const isOurs = async () => (await withKafka(url, (admin) => admin.describeCluster())).clusterId === clusterId;
      await waitForServer(server, isOurs, { what: 'the Kafka broker', timeoutMs: 60_000 });
      return server;
    };
    return startNativeServer({ url, port, dataFolder: folder, prepare, launch });
  });
}

/** Small and quick to start: 150 MB resident. */
const jvmFlags = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** 16 random bytes in base64url, the first below 128: an id that began with "-" would be read as an option. */
function newClusterId(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString('base64url');
}
