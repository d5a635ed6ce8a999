import type { Access, Role } from '@keyward/contract/access';
import type { Person } from '../platform/new-person.ts';
import type { Caller } from '../platform/wire-client.ts';

/** One kind of caller, and what the matrix expects of it. */
export interface Credential {
  name: string;
  caller: Caller;
  /** `person`: belongs to the organization, and names the environment; `application`: belongs to the environment. */
  of: 'person' | 'application' | 'nobody';
  /** Who it is, if it is somebody. */
  person?: Person;
  /** May it call a route of this access? */
  mayCall(access: Access): boolean;
}

/** Stated anew, apart from the code under test: who has what follows has what stands before, too. */
const ranks: Readonly<Record<Role, number>> = { viewer: 1, developer: 2, admin: 3, owner: 4 };

/** May somebody of this role call a route of this access, by a credential that it takes? */
export function mayAs(role: Role, access: Access): boolean {
  if (access.of === 'nobody' || access.of === 'account') return true;
  return access.role !== undefined && ranks[role] >= ranks[access.role];
}

/** Whoever may belong to several organizations says in which one they act. */
export function actingIn(caller: Caller, { organizationId }: { organizationId: string }): Caller {
  return { ...caller, headers: { ...caller.headers, 'x-keyward-organization': organizationId } };
}
