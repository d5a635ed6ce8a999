import { eventLogUrl } from '@keyward/contract/event-log-url';
import { maxEndpoints } from '@keyward/contract/max-endpoints';
import { Secret } from '@keyward/contract/secret';
import Type, { type Static } from 'typebox';

export const IngestConfig = Type.Object({
  DATABASE_URL: Secret(Type.String({ description: 'Where the counts go: `postgres://…` or `pglite:<directory>`.' })),
  EVENT_LOG_URL: eventLogUrl,
  EVENT_RETENTION_DAYS: Type.Integer({
    default: 8,
    minimum: 2,
    maximum: 90,
    description:
      'How long event ids are remembered, days; more than the event log keeps its records (`retentionDays` of its URL, 7): it is checked at the start.',
  }),
  LOG_RETENTION_DAYS: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 3_650,
    description: 'How long the lines of the request logs are kept, days.',
  }),
  USAGE_HOUR_RETENTION_DAYS: Type.Integer({
    default: 90,
    minimum: 40,
    maximum: 3_650,
    description:
      'How long usage is kept by the hour, days; by the day it is kept for ever. Limits are restored from the hours of a month.',
  }),
  MAX_ENDPOINTS: maxEndpoints,
});
export type IngestConfig = Static<typeof IngestConfig>;
