import Type from 'typebox';
import { Secret } from './secret.ts';

/** The same in validator and admin-api, each with its own user. */
export const redisUrl = Secret(
  Type.String({
    minLength: 1,
    description:
      'Redis: `redis://user:password@host:port/db`, `redis+cluster://…@host:port,host:port`, `redis+sentinel://…@host:port,host:port/<master>/db` with the addresses of the sentinels (whose own login, if they have one, is `sentinelUsername` and `sentinelPassword`), or `memory:<name>`. Over TLS with `rediss` for `redis`, and then `sslrootcert`, `sslcert` and `sslkey` as in DATABASE_URL. `prefix` goes before every key.',
  }),
);
