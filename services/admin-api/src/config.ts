import { maxEndpoints } from '@keyward/contract/max-endpoints';
import { metricsPort } from '@keyward/contract/metrics-port';
import { pepperWraps } from '@keyward/contract/pepper-wraps';
import { redisUrl } from '@keyward/contract/redis-url';
import { Secret } from '@keyward/contract/secret';
import { serviceToken } from '@keyward/contract/service-token';
import Type, { type Static } from 'typebox';
import { accountVariables } from './accounts/account-variables.ts';
import { oidcVariables } from './oidc/oidc-variables.ts';

export const AdminApiConfig = Type.Object({
  DATABASE_URL: Secret(
    Type.String({ minLength: 1, description: 'postgres://user:password@host:port/database or pglite:<directory>.' }),
  ),
  REDIS_URL: redisUrl,
  REDIS_MIN_REPLICAS: Type.Integer({
    minimum: 0,
    maximum: 5,
    default: 0,
    description: 'How many replicas of Redis must have a change before it is answered as done.',
  }),
  OPERATOR_ORGANIZATION: Type.Optional(
    Type.String({
      pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      description:
        'The id of the organization whose owners and admins see what concerns the whole installation; not needed while there is only one.',
    }),
  ),
  ORGANIZATION_CREATION: Type.Enum(['operator', 'anyone'], {
    default: 'operator',
    description:
      'Who creates organizations: owners and admins of the one that runs the installation, or anyone who has an account.',
  }),
  PEPPER: Secret(
    Type.String({ minLength: 32, description: 'The secret that keys are digested with; the same in validator.' }),
  ),
  PEPPER_WRAPS: Type.Optional(pepperWraps),
  MASTER_KEY: Secret(
    Type.String({
      pattern: '^[A-Za-z0-9+/_-]{43}=?$',
      description: '32 bytes in base64; signing secrets are sealed with it in Postgres.',
    }),
  ),
  PROJECTION_KEY: Secret(
    Type.String({
      pattern: '^[A-Za-z0-9+/_-]{43}=?$',
      description: '32 bytes in base64; signing secrets are sealed with it in Redis; the same in validator.',
    }),
  ),
  SERVICE_TOKEN: serviceToken,
  ...accountVariables,
  ...oidcVariables,
  MAX_ENDPOINTS: maxEndpoints,
  OUTBOUND_ALLOWED_HOSTS: Type.Optional(
    Type.String({
      pattern: '^[0-9A-Za-z.:_\\[\\], -]+$',
      description:
        'Hosts that URLs of users may name though they are private or speak http: names or addresses, separated by commas.',
    }),
  ),
  OUTBOUND_ALLOWED_RANGES: Type.Optional(
    Type.String({
      pattern: '^[0-9A-Fa-f.:/, ]+$',
      description:
        'Private or reserved address ranges that URLs of users may lead to, over https: CIDRs, separated by commas.',
    }),
  ),
  WEBHOOK_DISABLE_AFTER_DAYS: Type.Integer({
    default: 5,
    minimum: 1,
    maximum: 30,
    description: 'A webhook that has failed for so many days, without a success, is disabled.',
  }),
  WEBHOOK_RETENTION_DAYS: Type.Integer({
    default: 30,
    minimum: 7,
    maximum: 365,
    description: 'How long events of webhooks and what became of them are kept, days.',
  }),
  METRICS_PORT: metricsPort,
  EXPIRY_NOTICE_DAYS: Type.String({
    default: '7,1',
    pattern: '^[1-9][0-9]{0,2}(,[1-9][0-9]{0,2}){0,9}$',
    description: 'How many days before a key expires webhooks are told of it, 1 to 999 each, separated by commas.',
  }),
  MAX_SIGNED_KEYS_PER_CLIENT: Type.Integer({
    minimum: 0,
    default: 1_000,
    description:
      'How many locally signed keys of a client register themselves; further ones are accepted as well, but not listed.',
  }),
});
export type AdminApiConfig = Static<typeof AdminApiConfig>;
