export interface KafkaPropertiesOptions {
  port: number;
  controllerPort: number;
  logFolder: string;
  /** Further settings, which win over ours. */
  extra?: Readonly<Record<string, string>> | undefined;
}

/** Settings that one broker needs, whether it is a process or a container. */
export const singleBrokerSettings: Readonly<Record<string, string>> = {
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // Else every first join of a group waits three seconds.
  'group.initial.rebalance.delay.ms': '0',
  // A test that kills a reader need not wait six seconds until its partitions go to another.
  'group.min.session.timeout.ms': '500',
  'auto.create.topics.enable': 'false',
  'log.cleaner.dedupe.buffer.size': '2097152',
};

/** The server.properties of a broker that is its own controller, on loopback. */
export function kafkaProperties({ port, controllerPort, logFolder, extra }: KafkaPropertiesOptions): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': logFolder,
    ...singleBrokerSettings,
    // A broker that was killed is let in again after its session ends: 4 s instead of 14.
    'broker.session.timeout.ms': '1500',
    'broker.heartbeat.interval.ms': '300',
    ...extra,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
