import Type, { type Static, type TSchema } from 'typebox';
import { OfUse } from './of-use.ts';

/** Fields that many resources share. */
export const Id = Type.String({
  pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  description: 'A UUID; opaque.',
});
export const Name = Type.String({ minLength: 1, maxLength: 200 });
export const NamePart = Type.String({ maxLength: 200, description: 'Part of the name, in any letter case.' });
export const Timestamp = Type.String({ description: 'ISO 8601, UTC, milliseconds.' });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Description = Nullable(Type.String({ maxLength: 2000 }));

/** Of a create: what to do when something of that name is there. */
export const IfExists = Type.Optional(
  Type.Enum(['refuse', 'return'], {
    description:
      'When there is one of that name: 409 ALREADY_EXISTS (`refuse`, unless said), or 200 with it (`return`).',
  }),
);
export type IfExists = Static<typeof IfExists>;

/** Free JSON of the user's, at most 4 kB when printed (checked where it is stored). */
export const Metadata = Type.Record(Type.String(), Type.Unknown());

/**
 * A point in time as clients write it: ISO 8601, seconds with up to 6 digits of fraction, `Z`, an offset, or none,
 * which means UTC (wire.md §2.5).
 */
export const InputTime = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?(Z|[+-]\\d{2}:?\\d{2})?$',
  description: 'ISO 8601 with seconds; `Z`, an offset, or none (UTC).',
});

export const IpList = Type.Array(Type.String({ minLength: 2, maxLength: 49 }), {
  maxItems: 10_000,
  description: 'IPv4, IPv6 or CIDR; empty = no restriction.',
});

export const Page = Type.Integer({ minimum: 1, default: 1 });
export const Limit = Type.Integer({ minimum: 1, maximum: 100, default: 10 });
export const Pagination = Type.Object({
  total: Type.Integer(),
  page: Type.Integer(),
  limit: Type.Integer(),
  pages: Type.Integer(),
});

/** Lists that grow while they are read are paged by the place of the last item, not by number. */
export const CursorLimit = Type.Integer({ minimum: 1, maximum: 100, default: 50 });
export const Cursor = Type.String({
  minLength: 1,
  maxLength: 4_000,
  description: 'The `nextCursor` of the answer before; the other parameters as there.',
});
export const NextCursor = Nullable(Type.String({ description: 'Asks for what follows; opaque. null: that was all.' }));

/** The environment that a call is about, as a query parameter; a server key belongs to one and needs none. */
export const ProjectEnvQuery = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));

/** In answers to changes. */
export const Propagation = Type.Optional(
  OfUse(Type.Literal('pending', { description: 'The change is stored, but has not reached the validators yet.' })),
);
export const Removed = Type.Object({ success: Type.Literal(true), propagation: Propagation });
export type Removed = Static<typeof Removed>;

export const Scope = Type.String({ minLength: 1, maxLength: 100, pattern: '^[\\x21-\\x7e]+$' });

/** Decisions that were counted: those that allowed, those that refused, and how long they took. */
export const Stats = Type.Object({
  total: Type.Integer(),
  success: Type.Integer(),
  error: Type.Integer(),
  avgDurationMs: Type.Number(),
});
