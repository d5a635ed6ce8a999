import { eventLogUrl } from '@keyward/contract/event-log-url';
import { pepperWraps } from '@keyward/contract/pepper-wraps';
import { redisUrl } from '@keyward/contract/redis-url';
import { Secret } from '@keyward/contract/secret';
import { serviceToken } from '@keyward/contract/service-token';
import Type, { type Static } from 'typebox';

export const ValidatorConfig = Type.Object({
  REDIS_URL: redisUrl,
  EVENT_LOG_URL: eventLogUrl,
  PEPPER: Secret(
    Type.String({ minLength: 32, description: 'The secret that keys are digested with; the same in admin-api.' }),
  ),
  PEPPER_WRAPS: Type.Optional(pepperWraps),
  PROJECTION_KEY: Secret(
    Type.String({
      pattern: '^[A-Za-z0-9+/_-]{43}=?$',
      description: '32 bytes in base64; signing secrets are sealed with it in Redis; the same in admin-api.',
    }),
  ),
  SERVICE_TOKEN: serviceToken,
  STORE_TIMEOUT_MS: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 50,
    description:
      'How long Redis may take for one answer, before its shard counts as away and the policy of the environment decides.',
  }),
  OUTBOX_MAX_BYTES: Type.Integer({
    minimum: 0,
    default: 0,
    description:
      "The memory of Redis for events that wait for the event log, all shards together: past it, the oldest become counts. 0: a quarter of each server's `maxmemory`, or 1 GiB where Redis has no bound.",
  }),
  RECORD_CACHE_SIZE: Type.Integer({
    minimum: 1,
    default: 100_000,
    description:
      'How many key records are kept in the process, each a kilobyte or two; a larger one counts for several.',
  }),
  EVENT_SPOOL_DIR: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'A folder for events of decisions without Redis while the event log is away, too; validators may share it. Without it they wait in memory.',
    }),
  ),
  EVENT_SPOOL_MAX_BYTES: Type.Integer({
    minimum: 0,
    default: 1_073_741_824,
    description: 'How much may wait there of one validator.',
  }),
});
export type ValidatorConfig = Static<typeof ValidatorConfig>;
