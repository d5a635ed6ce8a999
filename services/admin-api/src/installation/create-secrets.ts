import { createHash } from 'node:crypto';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { newSecret } from '@keyward/kit/random';
import { aclRules, type RedisUser } from '@keyward/stores/redis/acl-rules';
import { parseRedisUrl } from '@keyward/stores/redis/redis-url';
import { SecretFolders } from './secret-folders.ts';

export interface NewSecrets {
  directory: string;
  nowMs: number;
  /** host:port/database of a Postgres that takes the password made here; undefined: it has its own. */
  postgres?: string | undefined;
  /** host:port/number of a Redis that takes the users made here; undefined: it has its own. */
  redis?: string | undefined;
}

/**
 * Makes what an installation keeps to itself, each service's in a folder of its own (design: who holds what), and leaves what
 * is there; answers the files that it made.
 */
export function createSecrets({ directory, nowMs, postgres, redis }: NewSecrets): string[] {
  const folders = new SecretFolders(directory);
  const keepSecret = (name: string, ...holders: string[]) => folders.keep({ name, holders, make: newSecret });
  keepSecret('service-token', 'gateway', 'validator', 'admin-api');
  keepSecret('pepper', 'validator', 'admin-api');
  keepSecret('projection-key', 'validator', 'admin-api');
  keepSecret('master-key', 'admin-api');
  keepSecret('owner-password', 'admin-api');
  const newKeyring = () => printKeyring(keyringOf([createKeyringEntry({ nowMs })]));
  folders.keep({ name: 'keyring.json', holders: ['gateway'], make: newKeyring });
  if (postgres !== undefined) keepPostgres(folders, postgres);
  if (redis !== undefined) keepRedis(folders, redis);
  return folders.made;
}

function keepPostgres(folders: SecretFolders, place: string): void {
  const password = folders.keep({ name: 'password', holders: ['postgres'], make: newSecret, readBy: 'anyone' });
  const make = () => `postgres://keyward:${password}@${place}`;
  folders.keep({ name: 'database-url', holders: ['migrate', 'ingest', 'admin-api'], make });
}

const redisUsers: readonly RedisUser[] = ['validator', 'admin-api'];

function keepRedis(folders: SecretFolders, place: string): void {
  const users = redisUsers.map((user) => {
    const make = () => `redis://${user}:${newSecret()}@${place}`;
    const url = folders.keep({ name: 'redis-url', holders: [user], make });
    return { user, url };
  });
  const make = () => [healthUser, ...users.map(aclLine)].join('\n');
  folders.keep({ name: 'users.acl', holders: ['redis'], make, readBy: 'anyone' });
}

/** Who gives no password may ask whether Redis is there, as health checks do, and nothing else. */
const healthUser = 'user default on nopass resetkeys resetchannels -@all +ping';

/** A user's line in Redis' own file: the least that it needs; the password is there as its SHA-256. */
function aclLine({ user, url }: { user: RedisUser; url: string }): string {
  const { credentials, prefix } = parseRedisUrl(url);
  const digest = createHash('sha256')
    .update(credentials.password ?? '')
    .digest('hex');
  return `user ${user} on #${digest} ${aclRules(user, prefix).join(' ')}`;
}
