import Type, { type Static } from 'typebox';
import { Role } from '../access.ts';
import { Email } from '../email.ts';
import { Id, Limit, Nullable, Page, Pagination, Removed, Timestamp } from '../fields.ts';
import { Secret } from '../secret.ts';
import { EmailPart } from './member.ts';
import { type Route, strict } from './route.ts';
import { NewPassword } from './session.ts';

/** How people come to belong to an organization: by a token that is made for their e-mail address, and works once. */
export const InvitationStatus = Type.Enum(['open', 'accepted', 'revoked', 'expired']);
const Token = Secret(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'The token of the invitation.' }));

export const Invitation = Type.Object({
  id: Id,
  email: Type.String(),
  role: Role,
  status: InvitationStatus,
  invitedBy: Nullable(Id),
  expiresAt: Timestamp,
  createdAt: Timestamp,
  token: Type.Optional(Secret(Type.String({ description: 'What it is accepted by; in the answer that creates it.' }))),
  link: Type.Optional(
    Secret(
      Nullable(Type.String({ description: 'Where it is accepted; null where the configuration has no PUBLIC_URL.' })),
    ),
  ),
});
export type Invitation = Static<typeof Invitation>;

export const NewInvitation = Type.Object({ email: Email, role: Role }, strict);
export type NewInvitation = Static<typeof NewInvitation>;

export const AcceptedInvitation = Type.Object({
  userId: Id,
  email: Type.String(),
  organization: Type.Object({ id: Id, name: Type.String() }),
  role: Role,
});
export type AcceptedInvitation = Static<typeof AcceptedInvitation>;

export const InvitationAnswer = Type.Object({ token: Token }, strict);
export const Registration = Type.Object({ token: Token, password: NewPassword }, strict);
export type Registration = Static<typeof Registration>;

const params = Type.Object({ id: Id });

export const listInvitations = {
  method: 'GET',
  url: '/api/v1/invitation',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'List the invitations to an organization, newest first',
    querystring: Type.Object(
      {
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        status: Type.Optional(InvitationStatus),
        email: Type.Optional(EmailPart),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Invitation), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createInvitation = {
  method: 'POST',
  url: '/api/v1/invitation',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'Invite somebody; the token is in this answer only. Only owners invite owners',
    body: NewInvitation,
    response: { 201: Invitation },
  },
} as const satisfies Route;

export const getInvitation = {
  method: 'GET',
  url: '/api/v1/invitation/:id',
  access: { of: 'organization', role: 'admin' },
  schema: { summary: 'Read an invitation', params, response: { 200: Invitation } },
} as const satisfies Route;

export const revokeInvitation = {
  method: 'DELETE',
  url: '/api/v1/invitation/:id',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'Revoke an invitation; what was accepted stays',
    params,
    response: { 200: Removed },
  },
} as const satisfies Route;

export const acceptInvitation = {
  method: 'POST',
  url: '/api/v1/invitation/accept',
  access: { of: 'account' },
  schema: {
    summary: 'Accept an invitation that was made for your e-mail address',
    body: InvitationAnswer,
    response: { 200: AcceptedInvitation },
  },
} as const satisfies Route;

export const registerByInvitation = {
  method: 'POST',
  url: '/api/v1/invitation/register',
  access: { of: 'nobody' },
  schema: {
    summary: 'Accept an invitation as somebody who is new here, and choose a password',
    body: Registration,
    response: { 201: AcceptedInvitation },
  },
} as const satisfies Route;
