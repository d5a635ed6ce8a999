import Type, { type Static } from 'typebox';
import { ServerKeyScope } from '../access.ts';
import {
  Id,
  Limit,
  Name,
  Nullable,
  Page,
  Pagination,
  ProjectEnvQuery,
  Propagation,
  Removed,
  Timestamp,
} from '../fields.ts';
import { Secret } from '../secret.ts';
import { type Route, strict } from './route.ts';

/**
 * Server keys (wire.md §7). They are managed with account keys only, as projects are: who finds a server key can then
 * neither make himself another one nor lock out the application that it was taken from.
 */
export const ServerKeyStatus = Type.Enum(['active', 'revoked']);
export const ServerKey = Type.Object({
  id: Id,
  name: Type.String(),
  keyPrefix: Type.String({ description: 'The first and last characters, to recognise it by.' }),
  status: ServerKeyStatus,
  scopes: Type.Array(ServerKeyScope),
  expiresAt: Nullable(Timestamp),
  createdAt: Timestamp,
  key: Type.Optional(Secret(Type.String({ description: 'The raw key; in the answer that creates it only.' }))),
  propagation: Propagation,
});
export type ServerKey = Static<typeof ServerKey>;

export const NewServerKey = Type.Object(
  {
    name: Name,
    scopes: Type.Optional(
      Type.Array(ServerKeyScope, {
        minItems: 1,
        maxItems: 10,
        uniqueItems: true,
        description: 'What the application may do; all (`*`) unless it is said.',
      }),
    ),
  },
  strict,
);
export type NewServerKey = Static<typeof NewServerKey>;

const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);

export const listServerKeys = {
  method: 'GET',
  url: '/api/v1/server-key',
  access: { of: 'environment', role: 'viewer' },
  schema: {
    summary: 'List the server keys of an environment, newest first',
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        status: Type.Optional(ServerKeyStatus),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(ServerKey), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createServerKey = {
  method: 'POST',
  url: '/api/v1/server-key',
  access: { of: 'environment', role: 'developer' },
  schema: {
    summary: 'Create a server key; the raw key is in this answer only',
    querystring,
    body: NewServerKey,
    response: { 201: ServerKey },
  },
} as const satisfies Route;

export const revokeServerKey = {
  method: 'DELETE',
  url: '/api/v1/server-key/:id',
  access: { of: 'environment', role: 'developer' },
  schema: {
    summary: 'Revoke a server key; the application that uses it is refused on the next request',
    params: Type.Object({ id: Id }),
    querystring,
    response: { 200: Removed },
  },
} as const satisfies Route;
