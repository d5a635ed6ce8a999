/**
 * `keyward.usage-summary.v1`: decisions about known keys whose events were summed up in the outbox, because the log was away
 * for longer than the outbox had room. The counts are exact; what else the events said is gone.
 *
 * Evolution: as of validation-event.ts.
 */
import Type, { type Static } from 'typebox';
import { Id } from './fields.ts';

const Count = Type.Integer({ minimum: 0 });

/** Stands for all endpoints where too many were asked for to be counted one by one. */
export const anyEndpoint = '*';

/** Decisions of one hour that have the same key, endpoint and verdict. */
export const UsageCount = Type.Object({
  hourMs: Type.Integer({ description: 'When the hour of the decisions began (UTC), Unix ms.' }),
  environmentId: Id,
  clientId: Id,
  keyId: Id,
  endpoint: Type.String({ description: '`*` stands for any: there were too many to be counted one by one.' }),
  verdict: Type.String({ pattern: '^[A-Z_]{1,40}$' }),
  count: Count,
  cost: Type.Integer({ minimum: 0, description: 'What admitted requests took of the limits.' }),
  notUses: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'How many were admitted and are no uses of the key (`isUse`); 0 unless said.',
    }),
  ),
  durationUs: Type.Integer({ minimum: 0, description: 'The sum of their durations, microseconds.' }),
  durations: Type.Array(Count, {
    maxItems: 32,
    description:
      'How many took how long: the buckets of latency-histogram.ts, from the fastest to the last that is not 0.',
  }),
  lastDecidedAtMs: Type.Integer(),
});
export type UsageCount = Static<typeof UsageCount>;

export const UsageSummary = Type.Object({
  id: Id,
  events: Type.Integer({ minimum: 1, description: 'How many decisions lost their detail.' }),
  counts: Type.Array(UsageCount, { minItems: 1 }),
});
export type UsageSummary = Static<typeof UsageSummary>;

export const usageSummaryType = 'keyward.usage-summary.v1';
