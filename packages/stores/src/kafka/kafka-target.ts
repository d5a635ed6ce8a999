/** Where the log is and how its topic is made when it is missing. */
export interface KafkaTarget {
  brokers: string[];
  topic: string;
  group: string;
  partitions: number;
  replication: number;
  retentionDays: number;
  /** After how long without a sign of life a reader's partitions go to another. */
  sessionTimeoutMs: number;
}

/**
 * Reads `kafka://host:port[,host:port]/<topic>?group=…&partitions=…&replication=…&retentionDays=…&sessionTimeoutMs=…`. By hand, because
 * `URL` cannot hold several hosts.
 * @throws Error that names the part at fault and no other.
 */
export function parseKafkaUrl(url: string): KafkaTarget {
  const parts = /^kafka:\/\/([^/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/.exec(url);
  if (!parts) throw new Error('the event log URL is not of the form kafka://host:port[,host:port]/<topic>?…');
  const query = new URLSearchParams(parts[3] ?? '');
  return {
    brokers: (parts[1] ?? '').split(',').map(readBroker),
    topic: readName('topic', decodeURIComponent(parts[2] ?? '') || 'validation.v1'),
    group: query.get('group') || 'keyward-ingest',
    partitions: readCount(query, 'partitions', 8),
    replication: readCount(query, 'replication', 1),
    // Less than ingest remembers event ids, so that what Kafka can still deliver is never counted a second time.
    retentionDays: readCount(query, 'retentionDays', 7),
    sessionTimeoutMs: readCount(query, 'sessionTimeoutMs', 10_000),
  };
}

function readBroker(text: string): string {
  if (!/^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/.test(text))
    throw new Error('a broker in the event log URL is not host:port');
  return text;
}

function readName(what: string, text: string): string {
  if (!/^[\w.-]{1,249}$/.test(text))
    throw new Error(`the ${what} in the event log URL has characters that Kafka does not take`);
  return text;
}

function readCount(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`"${name}" in the event log URL is not a number from 1 to 999999`);
  return Number(text);
}
