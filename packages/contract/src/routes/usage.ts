import Type, { type Static } from 'typebox';
import { Cursor, Id, InputTime, NextCursor, Nullable, ProjectEnvQuery, Timestamp } from '../fields.ts';
import { verdictCodes } from '../verdict.ts';
import { EndpointQuery } from './log.ts';
import { type Route, strict } from './route.ts';

/** What was counted, by the hour or the day (wire.md §7). Every decision is in it once, logged or not. */
const percentile = {
  description:
    'Read from a histogram whose buckets double in width (64 µs, 128 µs, … 1 s): off by less than a factor of two. null: no durations are known.',
};
const unknown = 'null: of requests without a known key.';
export const UsageRow = Type.Object({
  start: Timestamp,
  clientId: Type.Optional(Nullable({ ...Id, description: unknown })),
  keyId: Type.Optional(Nullable({ ...Id, description: unknown })),
  endpoint: Type.Optional(Nullable(Type.String({ description: unknown }))),
  code: Type.Optional(Type.String()),
  count: Type.Integer(),
  success: Type.Integer(),
  error: Type.Integer(),
  cost: Type.Integer({ description: 'What admitted requests took of the limits.' }),
  avgDurationMs: Type.Number(),
  p50Ms: Type.Union([Type.Number(), Type.Null()], percentile),
  p99Ms: Type.Union([Type.Number(), Type.Null()], percentile),
});
export type UsageRow = Static<typeof UsageRow>;

const groups = '(client|key|endpoint|verdict)';
export const UsageQuery = Type.Object(
  {
    project_env: ProjectEnvQuery,
    interval: Type.Optional(Type.Enum(['hour', 'day'])),
    groupBy: Type.Optional(
      Type.String({
        pattern: `^(${groups}(,${groups})*)?$`,
        description: 'Any of `client`, `key`, `endpoint`, `verdict`, with commas between; none: totals.',
      }),
    ),
    from: Type.Optional({ ...InputTime, description: 'The hour or day (UTC) that it lies in is included as a whole.' }),
    to: Type.Optional({ ...InputTime, description: 'Hours or days that begin from then on are not included.' }),
    clientId: Type.Optional(Id),
    keyId: Type.Optional(Id),
    endpoint: Type.Optional(EndpointQuery),
    code: Type.Optional(Type.Enum(verdictCodes)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
    cursor: Type.Optional(Cursor),
  },
  strict,
);
export type UsageQuery = Static<typeof UsageQuery>;

export const readUsage = {
  method: 'GET',
  url: '/api/v1/usage',
  access: { of: 'environment', role: 'viewer', serverKey: 'logs:read' },
  schema: {
    summary: 'Read what an environment was asked, by the hour (at most 31 days) or the day (at most 731), oldest first',
    querystring: UsageQuery,
    response: { 200: Type.Object({ data: Type.Array(UsageRow), nextCursor: NextCursor }) },
  },
} as const satisfies Route;
