import { shardOf } from '../shards.ts';

/**
 * Every Redis key is spelt here (design.md §4). The tag of shard i hashes into the slots [256·i, 256·i + 255], so the
 * shards spread evenly over any number of masters; keys of one shard share a slot and so a script.
 */
const tags =
  's18 s10 s03 s6h s21 s29 s4s s32 s0b s0j s0s s1a s2q s2y s2d s2h s19 s11 s02 s6i s20 s28 s4r s33 s0c s0k s0r s0z s2p s2x s2a s2i s6s s12 s01 s09 s23 s4h s38 s30 s0d s0h s0q s0y s2s s3a s2b s2j s6r s13 s00 s08 s22 s4i s39 s31 s0a s0i s0p s0x s2r s2z s2c s2k'.split(
    ' ',
  );

const at = (shard: number) => `{${tags[shard]}}`;

export const redisKeys = {
  /**
   * `version|json` of a customer key's record, in the shard of its digest. `within`: its environment, or the project or the
   * organization in all of whose environments it is known.
   */
  key: (within: string, digest: string) => `${at(shardOf(digest))}k:${within}:${digest}`,
  /** `version|json` of a client's record. */
  clientRecord: (environmentId: string, clientId: string) => `${at(shardOf(clientId))}i:${environmentId}:${clientId}`,
  /** `version|json` of who has a name, in the shard of the name's digest. */
  tenant: (environmentId: string, digest: string) => `${at(shardOf(digest))}t:${environmentId}:${digest}`,
  /** `version|json` of a server key's record, in the shard of its digest. */
  serverKey: (digest: string) => `${at(shardOf(digest))}s:${digest}`,
  /** `version|json` of an environment's record, in the shard of its id. */
  environment: (environmentId: string) => `${at(shardOf(environmentId))}g:${environmentId}`,
  /** In every shard: a name for what the shard holds since it was last empty. It goes when the shard's data go. */
  incarnation: (shard: number) => `${at(shard)}incarnation`,
  /** In every shard: the projection is there. Without it an unknown server key may only mean that the store was lost. */
  projected: (shard: number) => `${at(shard)}projected`,
  /** In every shard: the run_id of the Redis process that `projected` was said of. Another one may hold an older state. */
  confirmedRun: (shard: number) => `${at(shard)}r`,
  /** A sorted set: clients and environments of this shard whose totals went with it, by the time of the loss, Unix ms. */
  unseeded: (shard: number) => `${at(shard)}unseeded`,
  /**
   * The environment's version, in every shard: `version`, or `version|since` in a shard that was lost. What was requested
   * before `since` (Unix ms) may have been answered by what was lost.
   */
  environmentVersion: (shard: number, environmentId: string) => `${at(shard)}e:${environmentId}`,
  /**
   * A hash: `v`, the client's version; `t`, its running total and windows; the same of each registered key's rotation
   * family, and how often it was used; `s`, while the totals are unknown because the shard was lost.
   */
  client: (clientId: string) => `${at(shardOf(clientId))}c:${clientId}`,
  /**
   * A hash in the environment's shard: what its clients used of its caps. `t`, running total and windows as a client's; `v`, the
   * environment's version that claimed or released it last; `c`, 1 while there are caps, 0 while it rests; `g`, a name for this
   * very counter; `s<shard>`, when that shard got its last grant, Unix ms.
   */
  environmentTotals: (environmentId: string) => `${at(shardOf(environmentId))}a:${environmentId}`,
  /** What the shard may spend of the environment's cap. */
  budget: (shard: number, environmentId: string) => `${at(shard)}b:${environmentId}`,
  /** The entry of one request, by its envelope's nonce or its event id, in the client's shard. */
  entry: (clientId: string, id: string) => `${at(shardOf(clientId))}n:${id}`,
  /** A hash: how many requests were refused in which minute, for which environment and code, and are in no summary yet. */
  refusals: (shard: number) => `${at(shard)}u`,
  /** The number of the last batch of an environment's refusals that a validator has sent, in the environment's shard. */
  refusalBatch: (environmentId: string, sender: string) => `${at(shardOf(environmentId))}v:${environmentId}:${sender}`,
  /** A set, in the environment's shard: the clients that made themselves known on one day. */
  newClients: (environmentId: string, day: number) => `${at(shardOf(environmentId))}d:${environmentId}:${day}`,
  /** The stream of decided events that wait for the log. */
  outbox: (shard: number) => `${at(shard)}x`,
  /** The last position of the outbox that the log may hold; nothing before it is collapsed. */
  sentMark: (shard: number) => `${at(shard)}sent`,
  /** A stream: entries of the outbox that the log will never take. */
  dead: (shard: number) => `${at(shard)}dead`,
  /**
   * A hash: of the outbox's entries, how many gave way to summaries (`collapsed`), decisions among them (`eventsCollapsed`), and
   * how many went to the dead list (`buried`).
   */
  outboxCounters: (shard: number) => `${at(shard)}o`,
  /** The relay that owns the shard's outbox. */
  lease: (shard: number) => `${at(shard)}l`,
  /** A sorted set: the relays that live, by the time when they are given up. */
  relays: () => `${at(0)}relays`,
} as const;

type RecordKey =
  | { kind: 'key' | 'tenant'; environmentId: string; digest: string }
  | { kind: 'client'; environmentId: string }
  | { kind: 'server-key'; digest: string };

/** What SCAN looks for, below the connection's prefix, and what such a key stands for. */
export const recordKeys = {
  pattern: '{???}[kits]:*',
  parse(key: string): RecordKey {
    const [letter, first = '', second = ''] = key.slice(key.indexOf('}') + 1).split(':');
    if (letter === 's') return { kind: 'server-key', digest: first };
    if (letter === 'i') return { kind: 'client', environmentId: first };
    return { kind: letter === 't' ? 'tenant' : 'key', environmentId: first, digest: second };
  },
} as const;

/** Fields of a client's hash that are not spelt in the scripts. */
export const clientFields = {
  /** There once the client has been projected. */
  version: 'v',
  /** There while the totals are unknown, because the shard was lost. */
  unseeded: 's',
  /** Running total and windows of the client. */
  totals: 't',
  /** Running total and windows of a key's rotation family. */
  keyTotals: (familyId: string) => `f:${familyId}`,
  /** How often a key's rotation family was used since the hash was made, when last (ms), and how often before: three doubles. */
  keyUses: (familyId: string) => `n:${familyId}`,
} as const;

/** Members of a shard's `unseeded`. */
export const unseededMembers = {
  client: (clientId: string) => `c:${clientId}`,
  environment: (environmentId: string) => `e:${environmentId}`,
  clientOf: (member: string) => (member.startsWith('c:') ? member.slice(2) : undefined),
  environmentOf: (member: string) => (member.startsWith('e:') ? member.slice(2) : undefined),
} as const;
