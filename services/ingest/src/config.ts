import { Secret } from '@keyward/contract/secret';
import Type, { type Static } from 'typebox';

export const IngestConfig = Type.Object({
  DATABASE_URL: Secret(Type.String({ description: 'Where the counts go: `postgres://…` or `pglite:<directory>`.' })),
  EVENT_LOG_URL: Type.String({
    description: 'Where the events come from: `kafka://host:port/<topic>?group=…&partitions=…` or `memory:<name>`.',
  }),
  EVENT_RETENTION_DAYS: Type.Integer({
    default: 8,
    minimum: 2,
    maximum: 90,
    description: 'How long event ids are remembered, days; more than the event log keeps its records.',
  }),
});
export type IngestConfig = Static<typeof IngestConfig>;
