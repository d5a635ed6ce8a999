import type { TlsFiles } from '@keyward/kit/tls-files';
import { decodePart } from '../decode-part.ts';
import { tlsOfUrl, tlsParameters } from '../tls-of-url.ts';

/** How we prove who we are to a broker, and that it is us. */
export interface SaslLogin {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username: string;
  password: string;
}

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
  tls: TlsFiles | undefined;
  login: SaslLogin | undefined;
}

/**
 * Reads `kafka://[user:password@]host:port[,host:port]/<topic>?group=…&partitions=…&replication=…&retentionDays=…&sessionTimeoutMs=…`,
 * with `sasl=…` where there is a user, and `kafka+ssl://…` for TLS. By hand, because `URL` cannot hold several hosts.
 * @throws Error that names the part at fault and no other.
 */
export function parseKafkaUrl(url: string): KafkaTarget {
  const parts = /^kafka(\+ssl)?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/.exec(url);
  if (!parts) throw new Error('the event log URL is not of the form kafka://host:port[,host:port]/<topic>?…');
  const [, encrypted, userinfo, hosts = '', topic = '', search = ''] = parts;
  const query = new URLSearchParams(search);
  refuseUnknown(query);
  const remedy = 'its scheme has to be kafka+ssl';
  const tls = tlsOfUrl(query, { variable: 'EVENT_LOG_URL', encrypted: encrypted !== undefined, remedy });
  return {
    brokers: hosts.split(',').map(readBroker),
    topic: readName('topic', decoded(topic) || 'validation.v1'),
    group: query.get('group') || 'keyward-ingest',
    partitions: readCount(query, 'partitions', 8),
    replication: readCount(query, 'replication', 1),
    // Less than ingest remembers event ids, so that what Kafka can still deliver is never counted a second time.
    retentionDays: readCount(query, 'retentionDays', 7),
    sessionTimeoutMs: readCount(query, 'sessionTimeoutMs', 10_000),
    tls,
    login: readLogin(query, { userinfo, encrypted: tls !== undefined }),
  };
}

const decoded = (text: string) => decodePart(text, 'EVENT_LOG_URL');
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

function readLogin(
  query: URLSearchParams,
  { userinfo, encrypted }: { userinfo: string | undefined; encrypted: boolean },
): SaslLogin | undefined {
  const [username = '', ...rest] = (userinfo ?? '').split(':').map(decoded);
  const password = rest.join(':');
  const sasl = query.get('sasl');
  if (sasl === null && userinfo === undefined) return undefined;
  const mechanism = mechanisms.find((known) => known === sasl);
  if (!mechanism) throw new Error(`"sasl" in the event log URL is not one of ${mechanisms.join(', ')}`);
  if (username === '' || password === '')
    throw new Error('"sasl" in the event log URL takes a user and a password: kafka://user:password@…');
  if (mechanism === 'plain' && !encrypted)
    throw new Error(
      '"sasl=plain" in the event log URL would send the password in clear: its scheme has to be kafka+ssl',
    );
  return { mechanism, username, password };
}

const known = ['group', 'partitions', 'replication', 'retentionDays', 'sessionTimeoutMs', 'sasl', ...tlsParameters];

function refuseUnknown(query: URLSearchParams): void {
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`"${unknown}" in the event log URL is not known; known are ${known.join(', ')}`);
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
