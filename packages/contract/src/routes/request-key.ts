import Type, { type Static } from 'typebox';
import { Id, Limit, Name, Page, Pagination, ProjectEnvQuery, Propagation, Removed, Timestamp } from '../fields.ts';
import { Secret } from '../secret.ts';
import { type Route, strict } from './route.ts';

/** The public keys that an environment's requests may be signed with (wire.md §2.3, §7). */
export const RequestKey = Type.Object({
  id: Id,
  name: Type.String(),
  type: Type.Enum(['RSA', 'EC']),
  bits: Type.Integer({ description: 'Of the RSA modulus, or of the curve: 256, 384 or 521.' }),
  fingerprint: Type.String({ description: 'SHA-256 of the SPKI in DER, hex.' }),
  publicKey: Type.String({ description: 'SPKI, PEM.' }),
  createdAt: Timestamp,
  propagation: Propagation,
});
export type RequestKey = Static<typeof RequestKey>;

export const NewRequestKey = Type.Object(
  {
    name: Name,
    // Not secret by itself, but a private key that is sent by mistake must not get into a log.
    publicKey: Secret(
      Type.String({
        minLength: 1,
        maxLength: 8_192,
        description: 'PEM (SPKI, or PKCS#1 for RSA): RSA of 2,048 to 8,192 bits, or EC on P-256, P-384 or P-521.',
      }),
    ),
  },
  strict,
);
export type NewRequestKey = Static<typeof NewRequestKey>;

const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);

export const listRequestKeys = {
  method: 'GET',
  url: '/api/v1/request-key',
  access: { of: 'environment', role: 'viewer', serverKey: '*' },
  schema: {
    summary: 'List the public keys that requests may be signed with, newest first',
    querystring: Type.Object(
      { project_env: ProjectEnvQuery, page: Type.Optional(Page), limit: Type.Optional(Limit) },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(RequestKey), pagination: Pagination }) },
  },
} as const satisfies Route;

export const addRequestKey = {
  method: 'POST',
  url: '/api/v1/request-key',
  access: { of: 'environment', role: 'developer', serverKey: '*' },
  schema: {
    summary: 'Add a public key; from now on a signed request must be signed by one of them',
    querystring,
    body: NewRequestKey,
    response: { 201: RequestKey },
  },
} as const satisfies Route;

export const deleteRequestKey = {
  method: 'DELETE',
  url: '/api/v1/request-key/:id',
  access: { of: 'environment', role: 'developer', serverKey: '*' },
  schema: {
    summary: 'Remove a public key; what it signed is refused on the next request',
    params: Type.Object({ id: Id }),
    querystring,
    response: { 200: Removed },
  },
} as const satisfies Route;
