/**
 * `keyward.refusal-summary.v1`: requests that were refused without a known key, counted by the minute; each is in one summary.
 *
 * Evolution: as of validation-event.ts.
 */
import Type, { type Static } from 'typebox';
import { Id } from './fields.ts';

export const RefusalSummary = Type.Object({
  id: Id,
  counts: Type.Array(
    Type.Object({
      minuteMs: Type.Integer({ description: 'When the minute began (UTC), Unix ms.' }),
      environmentId: Id,
      code: Type.String({ pattern: '^[A-Z_]{1,40}$' }),
      count: Type.Integer({ minimum: 1 }),
    }),
    { minItems: 1 },
  ),
});
export type RefusalSummary = Static<typeof RefusalSummary>;

export const refusalSummaryType = 'keyward.refusal-summary.v1';
