import Type, { type Static } from 'typebox';
import { Role } from '../access.ts';
import { Email } from '../email.ts';
import { Id, Limit, Nullable, Page, Pagination, Timestamp } from '../fields.ts';
import { OfUse } from '../of-use.ts';
import { Secret } from '../secret.ts';
import { type Route, strict } from './route.ts';

/** Signing in, and what is open of it. Sessions exist on admin-api's own origin; the gateway passes no cookies on. */

/** The header that brings `csrfToken` back with every change that is made by a session. */
export const csrfHeader = 'x-csrf-token';

export const SignIn = Type.Object(
  { email: Email, password: Secret(Type.String({ minLength: 1, maxLength: 1_024 })) },
  strict,
);
export type SignIn = Static<typeof SignIn>;

export const Session = Type.Object({
  id: Id,
  current: Type.Boolean({ description: 'Is it the one that asks?' }),
  address: Nullable(Type.String({ description: 'Where it was begun from.' })),
  userAgent: Nullable(Type.String()),
  lastUsedAt: OfUse(Timestamp),
  createdAt: Timestamp,
  expiresAt: Type.String({ description: 'It ends then, however much it is used; ISO 8601.' }),
});
export type Session = Static<typeof Session>;

export const CurrentSession = Type.Object({
  id: Id,
  user: Type.Object({ id: Id, email: Type.String() }),
  organizations: Type.Array(Type.Object({ id: Id, name: Type.String(), role: Role })),
  csrfToken: Secret(Type.String({ description: `Every change by this session brings it in ${csrfHeader}.` })),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export type CurrentSession = Static<typeof CurrentSession>;

/** Long enough counts, and nothing else does (NIST SP 800-63B §5.1.1.2). */
export const NewPassword = Secret(
  Type.String({ minLength: 12, maxLength: 1_024, description: '12 to 1,024 characters, and not the e-mail address.' }),
);

export const PasswordChange = Type.Object(
  { currentPassword: Secret(Type.String({ minLength: 1, maxLength: 1_024 })), newPassword: NewPassword },
  strict,
);
export type PasswordChange = Static<typeof PasswordChange>;

const Done = Type.Object({ success: Type.Literal(true) });

export const signIn = {
  method: 'POST',
  url: '/api/v1/session',
  access: { of: 'nobody' },
  schema: {
    summary: 'Sign in by password; the session is in the cookie of the answer',
    body: SignIn,
    response: { 201: CurrentSession },
  },
} as const satisfies Route;

export const getSession = {
  method: 'GET',
  url: '/api/v1/session',
  access: { of: 'account', by: 'session' },
  schema: {
    summary: 'Read your session, with the token that changes have to bring; its cookie is renewed when it is due',
    response: { 200: CurrentSession },
  },
} as const satisfies Route;

export const signOut = {
  method: 'DELETE',
  url: '/api/v1/session',
  access: { of: 'account', by: 'session' },
  schema: { summary: 'Sign out', response: { 200: Done } },
} as const satisfies Route;

export const listSessions = {
  method: 'GET',
  url: '/api/v1/session/all',
  access: { of: 'account' },
  schema: {
    summary: 'List your sessions, newest first',
    querystring: Type.Object({ page: Type.Optional(Page), limit: Type.Optional(Limit) }, strict),
    response: { 200: Type.Object({ data: Type.Array(Session), pagination: Pagination }) },
  },
} as const satisfies Route;

export const signOutEverywhere = {
  method: 'DELETE',
  url: '/api/v1/session/all',
  access: { of: 'account' },
  schema: { summary: 'End all your sessions', response: { 200: Done } },
} as const satisfies Route;

export const revokeSession = {
  method: 'DELETE',
  url: '/api/v1/session/:id',
  access: { of: 'account' },
  schema: {
    summary: 'End one of your sessions; it is refused on the next request',
    params: Type.Object({ id: Id }),
    response: { 200: Done },
  },
} as const satisfies Route;

export const changePassword = {
  method: 'PUT',
  url: '/api/v1/password',
  access: { of: 'account', by: 'session' },
  schema: {
    summary: 'Change your password; your other sessions end',
    body: PasswordChange,
    response: { 200: CurrentSession },
  },
} as const satisfies Route;
