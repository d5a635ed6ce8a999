import Type from 'typebox';
import { Secret } from './secret.ts';

/** The same log in validator and ingest, each with its own user: whoever comes first makes the topic. */
export const eventLogUrl = Secret(
  Type.String({
    minLength: 1,
    description:
      'The event log, the same in validator and ingest: `kafka://user:password@host:port,host:port/<topic>?…` or `memory:<name>`. Over TLS with `kafka+ssl`, and then `sslrootcert`, `sslcert` and `sslkey` as in DATABASE_URL. User and password take `sasl`: `scram-sha-512`, `scram-sha-256`, or `plain` (over TLS only). Whoever comes first makes the topic, with `partitions` (8), `replication` (1: use 3 where there are three brokers; two of them then have to have each event) and `retentionDays` (7). Readers share a `group` (`keyward-ingest`) and lose their place after `sessionTimeoutMs` (10000) of silence.',
  }),
);
