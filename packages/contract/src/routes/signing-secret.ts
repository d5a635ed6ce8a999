import Type, { type Static } from 'typebox';
import { Id, Limit, Name, Page, Pagination, ProjectEnvQuery, Propagation, Timestamp } from '../fields.ts';
import { Secret } from '../secret.ts';
import { type Route, strict } from './route.ts';

/** What an environment's customer keys are signed with (wire.md §1, §7): new ones with the first, and any is taken. */
const first = Type.Boolean({ description: 'New keys are signed with it.' });
export const SigningSecret = Type.Object({
  id: Id,
  name: Type.String(),
  first,
  createdAt: Timestamp,
  secret: Type.Optional(Secret(Type.String({ description: 'The secret itself; in the answer that adds it only.' }))),
  propagation: Propagation,
});
export type SigningSecret = Static<typeof SigningSecret>;

export const NewSigningSecret = Type.Object(
  {
    name: Name,
    secret: Type.Optional(
      Secret(
        Type.String({
          minLength: 16,
          maxLength: 1_024,
          description:
            'One that applications sign with already; its UTF-8 bytes are the key. Made here unless it is given.',
        }),
      ),
    ),
    first: Type.Optional(first),
  },
  strict,
);
export type NewSigningSecret = Static<typeof NewSigningSecret>;

export const SigningSecretChange = Type.Object(
  {
    name: Type.Optional(Name),
    first: Type.Optional(
      Type.Literal(true, {
        description: 'New keys are signed with it; the others stay good for those they have signed.',
      }),
    ),
  },
  strict,
);
export type SigningSecretChange = Static<typeof SigningSecretChange>;

const params = Type.Object({ id: Id });
const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);
const access = { of: 'environment', role: 'admin' } as const;

export const listSigningSecrets = {
  method: 'GET',
  url: '/api/v1/signing-secret',
  access,
  schema: {
    summary: 'List the signing secrets of an environment, never themselves; the first comes first',
    querystring: Type.Object(
      { project_env: ProjectEnvQuery, page: Type.Optional(Page), limit: Type.Optional(Limit) },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(SigningSecret), pagination: Pagination }) },
  },
} as const satisfies Route;

export const addSigningSecret = {
  method: 'POST',
  url: '/api/v1/signing-secret',
  access,
  schema: {
    summary: 'Add a signing secret, shown once; with first=true new keys are signed with it',
    querystring,
    body: NewSigningSecret,
    response: { 201: SigningSecret },
  },
} as const satisfies Route;

export const getSigningSecret = {
  method: 'GET',
  url: '/api/v1/signing-secret/:id',
  access,
  schema: { summary: 'Read what is known of a signing secret', params, querystring, response: { 200: SigningSecret } },
} as const satisfies Route;

export const changeSigningSecret = {
  method: 'PUT',
  url: '/api/v1/signing-secret/:id',
  access,
  schema: {
    summary: 'Rename a signing secret, or make it the first',
    params,
    querystring,
    body: SigningSecretChange,
    response: { 200: SigningSecret },
  },
} as const satisfies Route;

export const SigningSecretRemoved = Type.Object({
  success: Type.Literal(true),
  revokedKeys: Type.Integer({ description: 'How many registered keys were revoked.' }),
  propagation: Propagation,
});
export type SigningSecretRemoved = Static<typeof SigningSecretRemoved>;

export const deleteSigningSecret = {
  method: 'DELETE',
  url: '/api/v1/signing-secret/:id',
  access,
  schema: {
    summary:
      'Delete a signing secret, but for the first: keys that it has signed and nobody registered are refused on the next request; with revokeKeys, registered ones are, too',
    params,
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        revokeKeys: Type.Optional(Type.Boolean({ description: 'Revoke the registered keys that it has signed.' })),
      },
      strict,
    ),
    response: { 200: SigningSecretRemoved },
  },
} as const satisfies Route;
