import Type, { type Static } from 'typebox';
import {
  Id,
  InputTime,
  IpList,
  Limit,
  Metadata,
  Name,
  NamePart,
  Nullable,
  Page,
  Pagination,
  ProjectEnvQuery,
  Propagation,
  Removed,
  Scope,
  Stats,
  Timestamp,
} from '../fields.ts';
import { OfUse } from '../of-use.ts';
import { Secret } from '../secret.ts';
import { Erased } from './erasure.ts';
import { type Route, strict } from './route.ts';

/** Clients and their keys (wire.md §2.5, §3). */
export const ClientType = Type.Enum(['person', 'company', 'service', 'device', 'internal']);
export const ClientStatus = Type.Enum(['active', 'disabled']);
export const KeyStatus = Type.Enum(['active', 'expired', 'revoked', 'disabled']);

/** One limit a key (wire.md §8). */
export const KeyRateLimit = Type.Object(
  {
    requests: Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 }),
    window: Type.Enum(['second', 'minute', 'hour', 'day']),
  },
  strict,
);
export type KeyRateLimit = Static<typeof KeyRateLimit>;

export const Key = Type.Object({
  id: Id,
  name: Type.String(),
  prefix: Type.String({ description: 'What every key of this kind begins with.' }),
  keyPrefix: Type.String({ description: 'The first characters of this key, to recognise it by.' }),
  scopes: Type.Array(Type.String()),
  environment: Type.String({ description: 'The `project_env` that the key belongs to.' }),
  enabled: Type.Boolean(),
  status: KeyStatus,
  requestCount: OfUse(
    Type.Integer({ description: 'Requests with it and with those that it was rotated from, refused ones included.' }),
  ),
  useCount: OfUse(
    Type.Integer({
      description: 'How many of them were allowed and tracked since it is registered, as far as they are counted.',
    }),
  ),
  lastUsedAt: OfUse(Nullable({ ...Timestamp, description: 'When this key itself was allowed and tracked last.' })),
  expiresAt: Nullable(Timestamp),
  notBefore: Nullable(Timestamp),
  autoRotate: Type.Boolean(),
  allowedIps: Type.Array(Type.String()),
  rateLimit: Nullable(KeyRateLimit),
  metadata: Metadata,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  key: Type.Optional(Secret(Type.String({ description: 'The raw key; in the answer that creates it only.' }))),
  rawKey: Type.Optional(Secret(Type.String({ description: 'The same as `key`.' }))),
});
export type Key = Static<typeof Key>;

export const Client = Type.Object({
  id: Id,
  name: Type.String(),
  type: ClientType,
  status: ClientStatus,
  source: Type.Object({ kind: Type.Enum(['api', 'sdk']) }),
  ipWhitelist: Type.Array(Type.String()),
  metadata: Metadata,
  templateId: Nullable(Id),
  envId: Id,
  createdAt: Timestamp,
  // Comes with a change, and when another of the name changes: it says nothing of what was changed.
  updatedAt: OfUse(Timestamp),
  keys: Type.Array(Key),
  hidden: Type.Boolean({ description: 'It was made for one key alone, and is listed only when it is asked for.' }),
  stats: OfUse(Stats),
  propagation: Propagation,
});
export type Client = Static<typeof Client>;

const Scopes = Type.Array(Scope, {
  maxItems: 100,
  description: 'What the key may do: a scope, all that begins with `read:` (`read:*`), or everything (`*`).',
});
export const keyFields = {
  scopes: Type.Optional(Scopes),
  expiresAt: Type.Optional(Nullable(InputTime)),
  notBefore: Type.Optional(Nullable(InputTime)),
  autoRotate: Type.Optional(Type.Boolean()),
  allowedIps: Type.Optional(IpList),
  rateLimit: Type.Optional(Nullable(KeyRateLimit)),
  metadata: Type.Optional(Metadata),
};
export const NewKey = Type.Object({ name: Name, ...keyFields });
export type NewKey = Static<typeof NewKey>;

/** A key of a new client: one to be made, or one that an SDK has signed itself and tells of by its hash. */
export const NewClientKey = Type.Object({
  ...NewKey.properties,
  sha256: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'The key is there already, signed by an SDK: SHA-256 of its canonical form, hex. None is made then.',
    }),
  ),
  claimedId: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'With `sha256`: the id that the key states.' }),
  ),
});
export type NewClientKey = Static<typeof NewClientKey>;

/** Unknown fields are ignored here (published SDKs may send more), on every other route of ours they are refused. */
export const NewClient = Type.Object({
  name: Name,
  type: Type.Optional(ClientType),
  templateId: Type.Optional(Nullable(Id)),
  ipWhitelist: Type.Optional(IpList),
  metadata: Type.Optional(Metadata),
  keys: Type.Optional(Type.Array(NewClientKey, { maxItems: 100 })),
});
export type NewClient = Static<typeof NewClient>;

/** An item with `id` changes that key, one without adds a key and needs a `name`. */
export const KeyChange = Type.Object(
  {
    id: Type.Optional(Id),
    name: Type.Optional(Name),
    ...keyFields,
    enabled: Type.Optional(Type.Boolean()),
    status: Type.Optional(Type.Enum(['active', 'revoked', 'disabled'])),
  },
  strict,
);
export type KeyChange = Static<typeof KeyChange>;

export const ClientChange = Type.Object(
  {
    name: Type.Optional(Name),
    templateId: Type.Optional(Nullable(Id)),
    ipWhitelist: Type.Optional(IpList),
    metadata: Type.Optional(Metadata),
    status: Type.Optional(ClientStatus),
    keys: Type.Optional(Type.Array(KeyChange, { maxItems: 100 })),
  },
  strict,
);
export type ClientChange = Static<typeof ClientChange>;

const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });
const environment = Type.Object({ project_env: ProjectEnvQuery }, strict);

export const listClients = {
  method: 'GET',
  url: '/api/v1/client',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'List the clients of an environment, newest first',
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        name: Type.Optional(NamePart),
        type: Type.Optional(ClientType),
        status: Type.Optional(ClientStatus),
        templateId: Type.Optional(Id),
        hidden: Type.Optional(Type.Boolean({ description: 'Also those that were made for one key alone.' })),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Client), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createClient = {
  method: 'POST',
  url: '/api/v1/client',
  access: { of: 'environment', role: 'developer', serverKey: 'clients:write' },
  schema: {
    summary: 'Create a client, or several; with upsert=true, or from an SDK, an existing one of that name is kept',
    querystring: Type.Object({ project_env: ProjectEnvQuery, upsert: Type.Optional(Type.Boolean()) }),
    body: Type.Union([NewClient, Type.Array(NewClient, { minItems: 1, maxItems: 100 })]),
    response: { 200: Type.Union([Client, Type.Array(Client)]), 201: Type.Union([Client, Type.Array(Client)]) },
  },
} as const satisfies Route;

export const getClient = {
  method: 'GET',
  url: '/api/v1/client/:id',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'Read a client with its keys and statistics',
    params,
    querystring: environment,
    response: { 200: Client },
  },
} as const satisfies Route;

export const changeClient = {
  method: 'PUT',
  url: '/api/v1/client/:id',
  access: { of: 'environment', role: 'developer', serverKey: 'clients:write' },
  schema: {
    summary: 'Change parts of a client; add or change keys',
    params,
    querystring: environment,
    body: ClientChange,
    response: { 200: Client },
  },
} as const satisfies Route;

export const deleteClient = {
  method: 'DELETE',
  url: '/api/v1/client/:id',
  access: { of: 'environment', role: 'developer', serverKey: 'clients:write' },
  schema: {
    summary: 'With keyId: revoke that key. Without: delete the client; its keys stop at once',
    params,
    querystring: Type.Object({ project_env: ProjectEnvQuery, keyId: Type.Optional(Id) }, strict),
    response: { 200: Type.Union([Erased, Removed]) },
  },
} as const satisfies Route;
