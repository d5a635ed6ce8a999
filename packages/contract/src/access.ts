import Type, { type Static } from 'typebox';

/** What a member of an organization may do; each role may do all that those after it may. */
export const Role = Type.Enum(['owner', 'admin', 'developer', 'viewer'], {
  description:
    'owner: all, and who else is owner; admin: members, settings and secrets; developer: clients, keys, endpoints, templates; viewer: to read.',
});
export type Role = Static<typeof Role>;

const fromMostToLeast: readonly Role[] = ['owner', 'admin', 'developer', 'viewer'];

/** Is this role at least that one? */
export function isRoleAtLeast(role: Role, least: Role): boolean {
  return fromMostToLeast.indexOf(role) <= fromMostToLeast.indexOf(least);
}

/** What a server key may do in its environment; `*` is all. */
export const ServerKeyScope = Type.Enum([
  'validate',
  'clients:read',
  'clients:write',
  'endpoints:write',
  'logs:read',
  '*',
]);
export type ServerKeyScope = Static<typeof ServerKeyScope>;

export function hasServerKeyScope(scopes: readonly ServerKeyScope[], needed: ServerKeyScope): boolean {
  return scopes.includes(needed) || scopes.includes('*');
}

/**
 * Who may call a route, and what a call is about. `role` is the least that a person needs in the organization, `serverKey` the
 * scope that a server key needs; where one is missing, that kind of credential is refused.
 */
export type Access =
  | { readonly of: 'nobody' }
  /** A person, about what is theirs; `by`: by nothing else but a session. */
  | { readonly of: 'account'; readonly by?: 'session' }
  /** The organization that a person acts in. */
  | { readonly of: 'organization'; readonly role: Role; readonly serverKey?: ServerKeyScope }
  /** The environment that `project_env` or the server key names. */
  | { readonly of: 'environment'; readonly role?: Role; readonly serverKey?: ServerKeyScope }
  /** What concerns all organizations: for the one that runs the installation. */
  | { readonly of: 'installation'; readonly role: Role };
