import Type, { type Static } from 'typebox';
import type { Route } from './route.ts';

/** What a page that lets people sign in has to know. */
export const SignInWays = Type.Object({
  password: Type.Boolean(),
  oidc: Type.Boolean({ description: 'Is there an issuer? Then send the browser to GET /api/v1/session/oidc.' }),
});
export type SignInWays = Static<typeof SignInWays>;

export const readSignIn = {
  method: 'GET',
  url: '/api/v1/session/ways',
  access: { of: 'nobody' },
  schema: { summary: 'In which ways people sign in here', response: { 200: SignInWays } },
} as const satisfies Route;
