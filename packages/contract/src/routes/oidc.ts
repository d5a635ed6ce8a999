import Type from 'typebox';
import type { Route } from './route.ts';

/**
 * Signing in at an OpenID Connect issuer. A browser is sent there and comes back: no program calls these, so they are not in the
 * description of the API.
 */
const Redirect = Type.Object({ location: Type.String({ description: 'As in the header Location.' }) });

export const beginOidc = {
  method: 'GET',
  url: '/api/v1/session/oidc',
  access: { of: 'nobody' },
  schema: { summary: 'Send the browser to the issuer to sign in there', response: { 303: Redirect } },
} as const satisfies Route;

/** What the issuer adds to the query is its own to say (RFC 6749 §4.1.2: "MUST ignore unrecognized response parameters"). */
export const endOidc = {
  method: 'GET',
  url: '/api/v1/session/oidc/callback',
  access: { of: 'nobody' },
  schema: {
    summary: 'Where the issuer sends the browser back to; it is signed in, and sent to the first page',
    querystring: Type.Object({
      code: Type.Optional(Type.String({ maxLength: 4_096 })),
      state: Type.Optional(Type.String({ maxLength: 4_096 })),
    }),
    response: { 303: Redirect },
  },
} as const satisfies Route;
