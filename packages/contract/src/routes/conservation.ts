import Type, { type Static } from 'typebox';
import { type Route, strict } from './route.ts';

/** What the outboxes took in, held against what was counted (design.md I4, wire.md §7). All numbers are entries. */
const Count = Type.Integer();
const accounts = {
  added: Type.Integer({ description: 'All that were ever added; a summary is an entry, too.' }),
  waiting: Count,
  collapsed: Type.Integer({ description: 'Gave way to summaries.' }),
  eventsCollapsed: Type.Integer({ description: 'Decisions whose detail went that way; they are counted.' }),
  buried: Type.Integer({ description: 'Refused by the event log.' }),
};
const difference = {
  missing: Type.Integer({ description: 'Left the outbox, and are neither counted nor kept as dead.' }),
  surplus: Type.Integer({ description: 'Counted beyond what the outbox took in.' }),
};
const counts = {
  counted: Count,
  buriedByIngest: Type.Integer({
    description:
      'Came through the event log and are kept as dead, less the dead that were counted after all, from wherever: below 0 when those were the outboxes’ own.',
  }),
};

export const UnbalancedShard = Type.Object({
  shard: Type.Integer(),
  incarnation: Type.String(),
  ...accounts,
  ...counts,
  ...difference,
});

export const Conservation = Type.Object({
  balanced: Type.Boolean({ description: 'Settled, nothing missing, nothing in surplus.' }),
  settled: Type.Boolean({
    description:
      'Has ingest counted all that the log held at the beginning? If not, `missing` may still be on its way.',
  }),
  outbox: Type.Object(accounts),
  ...counts,
  dead: Type.Integer({ description: 'Events kept as dead at present, of whatever origin.' }),
  ...difference,
  unbalanced: Type.Array(UnbalancedShard),
  lost: Type.Object(
    { outboxes: Count, counted: Count },
    { description: 'Outboxes that went with their Redis, and what was counted of them; nothing is known of the rest.' },
  ),
});
export type Conservation = Static<typeof Conservation>;

export const readConservation = {
  method: 'GET',
  url: '/api/v1/conservation',
  access: { of: 'installation', role: 'admin' },
  schema: {
    summary: 'Is every decision of this installation counted once? Waits for the counting, at most 7 seconds',
    querystring: Type.Object({}, strict),
    response: { 200: Conservation },
  },
} as const satisfies Route;
