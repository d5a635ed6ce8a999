import { startDockerStore } from './docker-container.ts';
import { freePort } from './free-port.ts';
import { probeKafka } from './kafka-admin.ts';
import { singleBrokerSettings } from './kafka-properties.ts';
import type { StartedStore } from './started-store.ts';

const controllerPort = 9_093;

/** The port is the same inside and outside, because the broker tells clients its own address. */
export async function startDockerKafka(): Promise<StartedStore> {
  const port = await freePort();
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@localhost:${controllerPort}`,
    listeners: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://localhost:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    ...singleBrokerSettings,
  };
  return startDockerStore({
    image: 'apache/kafka:4.2.0',
    url: `kafka://127.0.0.1:${port}`,
    probe: probeKafka,
    configure: (container) =>
      container.withExposedPorts({ container: port, host: port }).withEnvironment(asVariables(settings)),
  });
}

/** The image reads `KAFKA_NODE_ID` for `node.id`. */
const asVariables = (settings: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value]),
  );
