import Type, { type Static } from 'typebox';
import {
  Id,
  InputTime,
  Limit,
  Name,
  Nullable,
  Page,
  Pagination,
  ProjectEnvQuery,
  Propagation,
  Timestamp,
} from '../fields.ts';
import { Key, KeyStatus, keyFields } from './client.ts';
import { Erased } from './erasure.ts';
import { type Route, strict } from './route.ts';

/** Keys as a resource of their own (wire.md §8). */
export const KeyReach = Type.Enum(['environment', 'project', 'organization'], {
  description: 'Where the key is known: in its environment, in all of its project, or in all of the organization.',
});
export type KeyReach = Static<typeof KeyReach>;

export const ManagedKey = Type.Object({
  ...Key.properties,
  clientId: Id,
  productId: Nullable(Id),
  reach: KeyReach,
  familyId: Type.String({ description: 'The first of the keys that rotate into each other; they share their totals.' }),
  predecessorId: Nullable(Id),
  propagation: Propagation,
});
export type ManagedKey = Static<typeof ManagedKey>;

const productId = Type.Optional(Nullable(Id));
export const NewManagedKey = Type.Object(
  {
    name: Name,
    clientId: Type.Optional({ ...Id, description: 'Without it the key gets a client of its own.' }),
    productId,
    reach: Type.Optional(KeyReach),
    ...keyFields,
  },
  strict,
);
export type NewManagedKey = Static<typeof NewManagedKey>;

export const ManagedKeyChange = Type.Object(
  { name: Type.Optional(Name), ...keyFields, enabled: Type.Optional(Type.Boolean()), productId },
  strict,
);
export type ManagedKeyChange = Static<typeof ManagedKeyChange>;

/** Which keys. */
export const keyFilter = {
  clientId: Type.Optional(Id),
  productId: Type.Optional(Id),
  name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'Part of the name, in any letter case.' }),
  ),
  prefix: Type.Optional(
    Type.String({ minLength: 1, maxLength: 12, description: 'What the key begins with, as `keyPrefix` shows it.' }),
  ),
  expiresBefore: Type.Optional(InputTime),
  createdBefore: Type.Optional(InputTime),
  unusedSince: Type.Optional({
    ...InputTime,
    description: 'Made before this time and not used since, as far as it is counted.',
  }),
};

const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });
const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);
const write = { of: 'environment', role: 'developer', serverKey: 'clients:write' } as const;
const read = { of: 'environment', role: 'viewer', serverKey: 'clients:read' } as const;

export const createKey = {
  method: 'POST',
  url: '/api/v1/key',
  access: write,
  schema: {
    summary: 'Create a key, for a client or with one of its own; the raw key is in this answer only',
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        ifExists: Type.Optional(
          Type.Enum(['return', 'refuse'], {
            description:
              'What is done when the client (or, without one, the reach) has an active key of that name: answer it with 200, or refuse with ALREADY_EXISTS. Unless it is said, names may repeat.',
          }),
        ),
      },
      strict,
    ),
    body: NewManagedKey,
    response: { 200: ManagedKey, 201: ManagedKey },
  },
} as const satisfies Route;

export const createKeys = {
  method: 'POST',
  url: '/api/v1/key/bulk',
  access: write,
  schema: {
    summary: 'Create many keys, all or none; faults are told by the place of each item',
    querystring,
    body: Type.Object({ items: Type.Array(NewManagedKey, { minItems: 1, maxItems: 1_000 }) }, strict),
    response: { 201: Type.Object({ data: Type.Array(ManagedKey), propagation: Propagation }) },
  },
} as const satisfies Route;

/** Counting ends somewhere, so that a list of very many stays quick. */
export const CappedPagination = Type.Object({
  ...Pagination.properties,
  isTotalExact: Type.Boolean({
    description: 'false: there are more than `total`; counting ends at 10,000, with `name` or `unusedSince` at 1,000.',
  }),
});

export const listKeys = {
  method: 'GET',
  url: '/api/v1/key',
  access: read,
  schema: {
    summary: 'List the keys of an environment, or of its project or organization as such, newest first',
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        reach: Type.Optional(KeyReach),
        status: Type.Optional(Type.Enum([...KeyStatus.enum, 'all'])),
        ...keyFilter,
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(ManagedKey), pagination: CappedPagination }) },
  },
} as const satisfies Route;

export const getKey = {
  method: 'GET',
  url: '/api/v1/key/:id',
  access: read,
  schema: { summary: 'Read a key', params, querystring, response: { 200: ManagedKey } },
} as const satisfies Route;

export const changeKey = {
  method: 'PATCH',
  url: '/api/v1/key/:id',
  access: write,
  schema: {
    summary: 'Change parts of a key in place; what it has used stays used',
    params,
    querystring,
    body: ManagedKeyChange,
    response: { 200: ManagedKey },
  },
} as const satisfies Route;

export const revokeKey = {
  method: 'POST',
  url: '/api/v1/key/:id/revoke',
  access: write,
  schema: {
    summary: 'Revoke a key for good; it stays listed. Revoking it again changes nothing',
    params,
    querystring,
    response: { 200: ManagedKey },
  },
} as const satisfies Route;

export const deleteKey = {
  method: 'DELETE',
  url: '/api/v1/key/:id',
  access: write,
  schema: {
    summary: 'Delete a key and erase what is personal of it; it stays refused',
    params,
    querystring,
    response: { 200: Erased },
  },
} as const satisfies Route;

export const overlapSeconds = Type.Integer({
  minimum: 0,
  maximum: 2_592_000,
  description: 'How long the old key goes on beside the new one; never longer than it would have.',
});

export const rotateKey = {
  method: 'POST',
  url: '/api/v1/key/:id/rotate',
  access: write,
  schema: {
    summary: 'Make a successor with the same rules and totals; the raw key is in this answer only',
    params,
    querystring,
    body: Type.Object(
      {
        overlapSeconds: Type.Optional(overlapSeconds),
        expiresAt: Type.Optional(Nullable(InputTime)),
      },
      strict,
    ),
    response: { 201: ManagedKey },
  },
} as const satisfies Route;

export const revokeKeys = {
  method: 'POST',
  url: '/api/v1/key/revoke',
  access: write,
  schema: {
    summary: 'Revoke the keys that a filter finds, at most 1,000 at once; repeat while some remain',
    querystring,
    body: Type.Object(
      {
        filter: Type.Object(
          { ...keyFilter, ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 1_000 })) },
          { ...strict, minProperties: 1 },
        ),
        dryRun: Type.Optional(Type.Boolean({ description: 'Only say which they are.' })),
      },
      strict,
    ),
    response: {
      200: Type.Object({
        dryRun: Type.Boolean(),
        matched: Type.Integer({ description: 'Keys that were not revoked before, counted up to 10,000.' }),
        revoked: Type.Integer(),
        remaining: Type.Integer({ description: 'Ask again while it is not 0.' }),
        ids: Type.Array(Id, { description: 'The first 100 of those that were, or would be, revoked.' }),
        propagation: Propagation,
      }),
    },
  },
} as const satisfies Route;

export const Rotation = Type.Object({
  id: Id,
  keyId: Id,
  status: Type.Enum(['due', 'claimed'], { description: 'due: nobody has claimed the successor yet.' }),
  expiresAt: Nullable(Timestamp),
  successorId: Nullable(Id),
  createdAt: Timestamp,
  claimedAt: Nullable(Timestamp),
});
export type Rotation = Static<typeof Rotation>;

export const listRotations = {
  method: 'GET',
  url: '/api/v1/client/:id/rotations',
  access: read,
  schema: {
    summary: 'List the successors of keys with autoRotate that are due or were claimed, newest first',
    params,
    querystring: Type.Object(
      { project_env: ProjectEnvQuery, page: Type.Optional(Page), limit: Type.Optional(Limit) },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Rotation), pagination: Pagination }) },
  },
} as const satisfies Route;

export const claimRotation = {
  method: 'POST',
  url: '/api/v1/client/:id/rotations/:rid/claim',
  access: write,
  schema: {
    summary:
      'Mint the successor that is due; a second claim voids a first that nobody has used, and waits until uses are counted',
    params: Type.Object({ ...params.properties, rid: Id }),
    querystring,
    body: Type.Object({ overlapSeconds: Type.Optional(overlapSeconds) }, strict),
    response: { 201: ManagedKey },
  },
} as const satisfies Route;
