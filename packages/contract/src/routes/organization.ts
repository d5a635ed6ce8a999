import Type, { type Static } from 'typebox';
import { Role } from '../access.ts';
import { Id, IfExists, Limit, Name, NamePart, Page, Pagination, Propagation, Removed, Timestamp } from '../fields.ts';
import { type Route, strict } from './route.ts';

/** Organizations: whom projects, products and their keys belong to (wire.md §7, §8). */
export const Organization = Type.Object({
  id: Id,
  name: Type.String({ description: 'Unique among those that the caller belongs to.' }),
  role: Type.Unsafe<Role>({ ...Role, description: "The caller's." }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  propagation: Propagation,
});
export type Organization = Static<typeof Organization>;

export const NewOrganization = Type.Object({ name: Name }, strict);
export type NewOrganization = Static<typeof NewOrganization>;
export const OrganizationChange = Type.Partial(NewOrganization, strict);
export type OrganizationChange = Static<typeof OrganizationChange>;

const params = Type.Object({ id: Id });

export const listOrganizations = {
  method: 'GET',
  url: '/api/v1/organization',
  access: { of: 'account' },
  schema: {
    summary: 'List the organizations that the caller belongs to, newest first',
    querystring: Type.Object(
      { page: Type.Optional(Page), limit: Type.Optional(Limit), name: Type.Optional(NamePart) },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Organization), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createOrganization = {
  method: 'POST',
  url: '/api/v1/organization',
  access: { of: 'account' },
  schema: {
    summary:
      'Create an organization, whose owner the caller is; with ifExists=return, one of that name that the caller belongs to is answered',
    querystring: Type.Object({ ifExists: IfExists }, strict),
    body: NewOrganization,
    response: { 200: Organization, 201: Organization },
  },
} as const satisfies Route;

export const getOrganization = {
  method: 'GET',
  url: '/api/v1/organization/:id',
  access: { of: 'organization', role: 'viewer' },
  schema: { summary: 'Read an organization that the caller belongs to', params, response: { 200: Organization } },
} as const satisfies Route;

export const changeOrganization = {
  method: 'PUT',
  url: '/api/v1/organization/:id',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'Change the name of an organization',
    params,
    body: OrganizationChange,
    response: { 200: Organization },
  },
} as const satisfies Route;

export const deleteOrganization = {
  method: 'DELETE',
  url: '/api/v1/organization/:id',
  access: { of: 'organization', role: 'owner' },
  schema: {
    summary:
      'Delete an organization with all that it has: its keys stop at once, personal data is erased, totals and audit records stay',
    params,
    querystring: Type.Object(
      { forceDelete: Type.Optional(Type.Boolean({ description: 'Needed while it has active clients.' })) },
      strict,
    ),
    response: { 200: Removed },
  },
} as const satisfies Route;
