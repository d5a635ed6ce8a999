import { literally } from './literally.ts';
import { readLua } from './read-lua.ts';

/** The services that Redis lets in, each as a user of its own. */
export type RedisUser = 'validator' | 'admin-api';

interface Permissions {
  /** The scripts that it runs, by their files. */
  scripts: readonly string[];
  /** What it sends beside them. */
  commands: readonly string[];
  /** What follows a shard's tag in the names of keys (keys.ts): only read, and read and written. */
  reads: readonly string[];
  writes: readonly string[];
}

const permissions: Readonly<Record<RedisUser, Permissions>> = {
  validator: {
    scripts: [
      ...['confirmed-run.1', 'probe.1', 'time.0', 'read.n', 'decide.6', 'grant.2', 'give-back.1'],
      ...['refuse-unknown.4', 'admit-client.3', 'count-refusals.2', 'flush-refusals.3'],
      ...['heartbeat.1', 'claim-lease.1', 'release-lease.1', 'read-outbox.3', 'mark-sent.4', 'trim-outbox.3'],
      ...['bury-entry.4', 'collapse-entries.4', 'backlog.1', 'server-memory.1'],
    ],
    commands: ['get'],
    reads: ['[kitsge]:*', 'r', 'projected', 'incarnation'],
    writes: ['[cnabvd]:*', 'u', 'x', 'sent', 'dead', 'o', 'l', 'relays'],
  },
  'admin-api': {
    scripts: [
      ...['put-record.1', 'raise-version.4', 'raise-client.3', 'name-incarnation.2', 'mark-projected.3'],
      ...['is-projected.2', 'give-back.1', 'seed-client.3', 'seed-environment.5', 'claim-environment.1'],
      ...['release-environment.1', 'read-account.3'],
    ],
    commands: ['get', 'hmget', 'time', 'scan', 'wait', 'xrange', 'xdel', 'zrangebyscore'],
    reads: ['x', 'o', 'sent'],
    writes: ['[kitsgecab]:*', 'r', 'projected', 'incarnation', 'unseeded', 'dead'],
  },
};

/** What every connection says: is it there, is it ready, where are the slots. */
const ofEveryConnection = ['ping', 'info', 'select', 'cluster|slots', 'cluster|info', 'client|setname'];

/**
 * The least that Redis has to let a service do, as rules of `ACL SETUSER` but for the password. A script's keys count as written
 * whatever it does, so scripts as such may name any key of ours, and what they do to it is told by the rules of the commands
 * that they call.
 */
export function aclRules(user: RedisUser, prefix = ''): string[] {
  const { scripts, commands, reads, writes } = permissions[user];
  const key = (name: string) => `${literally(prefix)}{???}${name}`;
  const called = new Set([...ofEveryConnection, ...commands, ...scripts.flatMap(commandsIn)]);
  return [
    'resetkeys',
    'resetchannels',
    '-@all',
    ...reads.map((name) => `%R~${key(name)}`),
    ...writes.map((name) => `~${key(name)}`),
    ...[...called].sort().map((command) => `+${command}`),
    `(~${key('*')} +eval +evalsha)`,
  ];
}

/** The commands that a script calls, in the words of ACLs. */
function commandsIn(script: string): string[] {
  const calls = readLua(script).matchAll(/redis\.p?call\(\s*'([A-Z]+)'(?:, '([A-Z]+)')?/g);
  return [...calls].map(([, command = '', first]) => {
    const name = command.toLowerCase();
    return containers.has(name) && first ? `${name}|${first.toLowerCase()}` : name;
  });
}

/** Commands of which one may do what their second word says. */
const containers = new Set(['xinfo', 'memory']);
