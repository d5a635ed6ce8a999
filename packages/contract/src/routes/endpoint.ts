import Type, { type Static } from 'typebox';
import { Id, ProjectEnvQuery } from '../fields.ts';
import type { Route } from './route.ts';

/** Registration of an endpoint by an SDK (wire.md §2.4). Unknown fields are ignored. */
export const NewEndpoint = Type.Object({
  method: Type.String({ pattern: '^[A-Za-z]{1,20}$' }),
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
      }),
    },
  },
} as const satisfies Route;
