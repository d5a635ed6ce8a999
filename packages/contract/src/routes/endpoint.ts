import Type, { type Static } from 'typebox';
import {
  Description,
  Id,
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
import { type Route, strict } from './route.ts';

/**
 * Registration of an endpoint by an SDK (wire.md §2.4). Unknown fields are ignored. `metadata.scopes` is what the
 * application says of itself: it is kept and shown, and nothing is refused by it until a person sets `requiredScopes`.
 */
export const NewEndpoint = Type.Object({
  method: Type.String({
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$",
    description: 'An HTTP method (RFC 9110 §9.1: a token).',
  }),
  path: Type.String({ pattern: '^/', maxLength: 2048 }),
  name: Type.Optional(Type.String({ maxLength: 2100 })),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
  request: Type.Optional(Type.Unknown()),
  response: Type.Optional(Type.Unknown()),
  metadata: Type.Optional(
    Type.Object({
      scopes: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 })),
      tags: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 })),
      deprecated: Type.Optional(Type.Boolean()),
    }),
  ),
});
export type NewEndpoint = Static<typeof NewEndpoint>;

export const registerEndpoint = {
  method: 'POST',
  url: '/api/v1/endpoint',
  access: { of: 'environment', role: 'developer', serverKey: 'endpoints:write' },
  schema: {
    summary: 'Register an endpoint; concrete paths are folded into patterns; 200 also when it is known',
    querystring: Type.Object({ project_env: ProjectEnvQuery }),
    body: NewEndpoint,
    response: {
      200: Type.Object({
        success: Type.Literal(true),
        registered: Type.Boolean({ description: 'false: the environment holds as many endpoints as it may' }),
        id: Type.Optional(Id),
        method: Type.String(),
        path: Type.String({ description: 'The pattern that the path was folded into.' }),
        propagation: Propagation,
      }),
    },
  },
} as const satisfies Route;

const requiredScopes = {
  description:
    'All of them are needed to use it; `[]`: none. null: nobody has decided, and what is decided about a wider endpoint (`/users/{id}` for `/users/me`) holds.',
};

export const Endpoint = Type.Object({
  id: Id,
  method: Type.String(),
  path: Type.String({ description: 'A `{…}` segment takes any.' }),
  name: Type.String(),
  description: Nullable(Type.String()),
  enabled: Type.Boolean(),
  requiredScopes: Type.Union([Type.Array(Type.String()), Type.Null()], requiredScopes),
  metadata: Metadata,
  envId: Id,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  stats: OfUse(Stats),
  propagation: Propagation,
});
export type Endpoint = Static<typeof Endpoint>;

export const EndpointChange = Type.Object(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    enabled: Type.Optional(Type.Boolean()),
    requiredScopes: Type.Optional(Type.Union([Type.Array(Scope, { maxItems: 20 }), Type.Null()], requiredScopes)),
  },
  strict,
);
export type EndpointChange = Static<typeof EndpointChange>;

const params = Type.Object({ id: Id });
const environment = Type.Object({ project_env: ProjectEnvQuery }, strict);

export const listEndpoints = {
  method: 'GET',
  url: '/api/v1/endpoint',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'List the endpoints of an environment, newest first',
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        name: Type.Optional(NamePart),
        method: Type.Optional(Type.String({ maxLength: 20 })),
        enabled: Type.Optional(Type.Boolean()),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Endpoint), pagination: Pagination }) },
  },
} as const satisfies Route;

export const getEndpoint = {
  method: 'GET',
  url: '/api/v1/endpoint/:id',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'Read an endpoint with its statistics',
    params,
    querystring: environment,
    response: { 200: Endpoint },
  },
} as const satisfies Route;

export const changeEndpoint = {
  method: 'PUT',
  url: '/api/v1/endpoint/:id',
  access: { of: 'environment', role: 'developer', serverKey: 'endpoints:write' },
  schema: {
    summary: 'Change parts of an endpoint; what it asks of keys holds on the next request',
    params,
    querystring: environment,
    body: EndpointChange,
    response: { 200: Endpoint },
  },
} as const satisfies Route;

export const deleteEndpoint = {
  method: 'DELETE',
  url: '/api/v1/endpoint/:id',
  access: { of: 'environment', role: 'developer', serverKey: 'endpoints:write' },
  schema: {
    summary: 'Forget an endpoint and what it asks of keys; an SDK may register it again',
    params,
    querystring: environment,
    response: { 200: Removed },
  },
} as const satisfies Route;
