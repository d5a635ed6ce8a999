import Type, { type Static } from 'typebox';
import { Id, InputTime, IpList, Nullable, Page, Timestamp } from '../fields.ts';
import { OfUse } from '../of-use.ts';
import { Secret } from '../secret.ts';
import { type Route, strict } from './route.ts';

/** The keys of a person, spelt as the panel's API spells them (wire.md §9). */
export const AccountKey = Type.Object({
  identifier: Id,
  description: Nullable(Type.String()),
  allowed_ips: Type.Array(Type.String()),
  last_used_at: OfUse(Nullable(Timestamp)),
  created_at: Timestamp,
});
export type AccountKey = Static<typeof AccountKey>;

export const NewAccountKey = Type.Object(
  {
    memo: Type.Optional(Type.String({ maxLength: 500 })),
    allowedIps: Type.Optional({
      ...IpList,
      maxItems: 1_000,
      description:
        'IPv4, IPv6 or CIDR; empty = no restriction. Made by an account key that is bound to addresses, it is bound to some of those.',
    }),
    expiresAt: Type.Optional({
      ...InputTime,
      description:
        'ISO 8601 with seconds; `Z`, an offset, or none (UTC). Made by an account key that ends, it ends no later.',
    }),
  },
  strict,
);
export type NewAccountKey = Static<typeof NewAccountKey>;

export const CreatedAccountKey = Type.Object({
  data: AccountKey,
  meta: Type.Object({ secret_token: Secret(Type.String({ description: 'The raw key, once.' })) }),
});
export type CreatedAccountKey = Static<typeof CreatedAccountKey>;

export const AccountKeyList = Type.Object({
  data: Type.Array(AccountKey),
  pagination: Type.Object({
    page: Type.Integer(),
    perPage: Type.Integer(),
    total: Type.Integer(),
    totalPages: Type.Integer(),
  }),
});
export type AccountKeyList = Static<typeof AccountKeyList>;

const Limit = Type.Integer({ minimum: 1, maximum: 100, default: 50 });

export const listAccountKeys = {
  method: 'GET',
  url: '/api/account/api-keys',
  access: { of: 'account' },
  schema: {
    summary: 'List your account keys, newest first',
    querystring: Type.Object({ page: Type.Optional(Page), limit: Type.Optional(Limit) }, strict),
    response: { 200: AccountKeyList },
  },
} as const satisfies Route;

export const createAccountKey = {
  method: 'POST',
  url: '/api/account/api-keys',
  access: { of: 'account' },
  schema: {
    summary: 'Create an account key; the raw key is in this answer only',
    body: NewAccountKey,
    response: { 201: CreatedAccountKey },
  },
} as const satisfies Route;

export const deleteAccountKey = {
  method: 'DELETE',
  url: '/api/account/api-keys/:identifier',
  access: { of: 'account' },
  schema: {
    summary: 'Delete one of your account keys; it is refused on the next request',
    params: Type.Object({ identifier: Type.String({ minLength: 1, maxLength: 200 }) }),
    response: { 200: Type.Object({ success: Type.Literal(true) }) },
  },
} as const satisfies Route;
