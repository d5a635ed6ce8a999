import type { InstanceSecrets } from '@keyward/local/instance-secrets';

/** A key of each kind: what it is answered by, and how often it was called. */
export interface FixtureKey {
  clientId: string;
  keyId: string;
  key: string;
  verdict: string;
  /** Calls that the release decided; each is an event, wherever it lay in the end. */
  calls: number;
}

export interface FixtureRecord {
  partition: number;
  key: string | null;
  headers: Record<string, string>;
  /** base64 */
  value: string;
}

/** A key of Redis by its parts: a copy as Redis makes it is one version's, and cannot be read. All texts are base64. */
export type FixtureRedisKey =
  | { key: string; type: 'string'; value: string }
  | { key: string; type: 'hash'; fields: [string, string][] }
  | { key: string; type: 'set'; members: string[] }
  | { key: string; type: 'zset'; members: [string, string][] }
  | { key: string; type: 'stream'; added: number; entries: { id: string; fields: [string, string][] }[] };

/** What a release left behind, beside `postgres.sql`. Its secrets guard nothing else. */
export interface Fixture {
  commit: string;
  /** When it was made, Unix ms; all of its events are of then. */
  fromMs: number;
  untilMs: number;
  secrets: InstanceSecrets;
  keyring: string;
  serverKey: string;
  /** Requests a day that the limited key may make. */
  limit: number;
  keys: Record<'good' | 'limited' | 'revoked', FixtureKey>;
  partitions: number;
  /** What the event log held and nobody had counted. */
  records: FixtureRecord[];
  /** Everything but what runs out; outboxes hold events that had not left yet. */
  redis: FixtureRedisKey[];
}
