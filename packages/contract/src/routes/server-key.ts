import Type, { type Static } from 'typebox';
import { ServerKeyScope } from '../access.ts';
import {
  Id,
  Limit,
  Name,
  NamePart,
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
export const ServerKeyStatus = Type.Enum(['active', 'revoked', 'expired']);
export const ServerKey = Type.Object({
  id: Id,
  name: Type.String(),
  keyPrefix: Type.String({ description: 'The first and last characters, to recognise it by.' }),
  status: ServerKeyStatus,
  scopes: Type.Array(ServerKeyScope),
  expiresAt: Type.Union([Timestamp, Type.Null()], { description: 'Set once it was rotated.' }),
  createdAt: Timestamp,
  key: Type.Optional(Secret(Type.String({ description: 'The raw key; in the answer that creates it only.' }))),
  propagation: Propagation,
});
export type ServerKey = Static<typeof ServerKey>;

const Scopes = Type.Array(ServerKeyScope, {
  minItems: 1,
  maxItems: 10,
  uniqueItems: true,
  description: 'What the application may do; all (`*`) unless it is said.',
});
export const NewServerKey = Type.Object({ name: Name, scopes: Type.Optional(Scopes) }, strict);
export type NewServerKey = Static<typeof NewServerKey>;
export const ServerKeyChange = Type.Partial(NewServerKey, strict);
export type ServerKeyChange = Static<typeof ServerKeyChange>;

export const ServerKeyRotation = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_592_000,
        default: 86_400,
        description: 'How long the old key lives beside the new one; 0: it ends at once.',
      }),
    ),
  },
  strict,
);
export type ServerKeyRotation = Static<typeof ServerKeyRotation>;

const params = Type.Object({ id: Id });
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
        name: Type.Optional(NamePart),
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

export const getServerKey = {
  method: 'GET',
  url: '/api/v1/server-key/:id',
  access: { of: 'environment', role: 'viewer' },
  schema: { summary: 'Read a server key', params, querystring, response: { 200: ServerKey } },
} as const satisfies Route;

export const changeServerKey = {
  method: 'PATCH',
  url: '/api/v1/server-key/:id',
  access: { of: 'environment', role: 'developer' },
  schema: {
    summary: 'Change the name or the scopes of a server key; they hold on the next request',
    params,
    querystring,
    body: ServerKeyChange,
    response: { 200: ServerKey },
  },
} as const satisfies Route;

export const rotateServerKey = {
  method: 'POST',
  url: '/api/v1/server-key/:id/rotate',
  access: { of: 'environment', role: 'developer' },
  schema: {
    summary: 'Make a key of the same name and scopes, shown once; the old one ends by itself after the overlap',
    params,
    querystring,
    body: ServerKeyRotation,
    response: { 201: ServerKey },
  },
} as const satisfies Route;

export const revokeServerKey = {
  method: 'DELETE',
  url: '/api/v1/server-key/:id',
  access: { of: 'environment', role: 'developer' },
  schema: {
    summary: 'Revoke a server key; the application that uses it is refused on the next request',
    params,
    querystring,
    response: { 200: Removed },
  },
} as const satisfies Route;
