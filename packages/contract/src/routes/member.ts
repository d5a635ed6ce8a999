import Type, { type Static } from 'typebox';
import { Role } from '../access.ts';
import { Id, Limit, Page, Pagination, Removed, Timestamp } from '../fields.ts';
import { type Route, strict } from './route.ts';

/** Who belongs to an organization, and as what. */
export const Member = Type.Object({
  userId: Id,
  email: Type.String(),
  role: Role,
  createdAt: Timestamp,
});
export type Member = Static<typeof Member>;

export const MemberChange = Type.Object({ role: Type.Optional(Role) }, strict);
export type MemberChange = Static<typeof MemberChange>;

/** A part of an e-mail address, to filter by. */
export const EmailPart = Type.String({
  minLength: 1,
  maxLength: 254,
  description: 'A part of it, in any letter case.',
});

const params = Type.Object({ userId: Id });

export const listMembers = {
  method: 'GET',
  url: '/api/v1/member',
  access: { of: 'organization', role: 'viewer' },
  schema: {
    summary: 'List the members of an organization, newest first',
    querystring: Type.Object(
      {
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        role: Type.Optional(Role),
        email: Type.Optional(EmailPart),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Member), pagination: Pagination }) },
  },
} as const satisfies Route;

export const getMember = {
  method: 'GET',
  url: '/api/v1/member/:userId',
  access: { of: 'organization', role: 'viewer' },
  schema: { summary: 'Read a member', params, response: { 200: Member } },
} as const satisfies Route;

export const changeMember = {
  method: 'PUT',
  url: '/api/v1/member/:userId',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'Give a member another role; only owners make or unmake owners',
    params,
    body: MemberChange,
    response: { 200: Member },
  },
} as const satisfies Route;

export const removeMember = {
  method: 'DELETE',
  url: '/api/v1/member/:userId',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'Remove a member; their next call here is refused',
    params,
    response: { 200: Removed },
  },
} as const satisfies Route;

export const leaveOrganization = {
  method: 'DELETE',
  url: '/api/v1/member/me',
  access: { of: 'organization', role: 'viewer' },
  schema: { summary: 'Leave an organization; its last owner cannot', response: { 200: Removed } },
} as const satisfies Route;
