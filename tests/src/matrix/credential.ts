import { type Access, type Role, ServerKeyScope } from '@keyward/contract/access';
import type { Membership } from '@keyward/stores/postgres/accounts';
import { Browser } from '../platform/browser.ts';
import { expectDone } from '../platform/expect-done.ts';
import { newMember, type Person } from '../platform/new-person.ts';
import { newClient, type TestPlatform } from '../platform/run-platform.ts';
import type { Caller } from '../platform/wire-client.ts';
import { newServerKey } from './new-server-key.ts';
import type { Place } from './route-row.ts';

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
const roles = Object.keys(ranks) as Membership['role'][]; // the keys of a constant
const allScopes = ServerKeyScope.enum;

/** A person of each role in the place's organization, by account key. */
export async function peopleOf(place: Place, platform: TestPlatform): Promise<Credential[]> {
  return Promise.all(
    roles.map(async (role) => {
      const person = await newMember(place.db, platform, { organizationId: place.organizationId, role });
      return {
        name: role,
        caller: actingIn(person, place),
        of: 'person' as const,
        person,
        mayCall: (access: Access) => mayAs(role, access) && !isBySession(access),
      };
    }),
  );
}

/** Whoever may belong to several organizations says in which one they act. */
export function actingIn(caller: Caller, { organizationId }: Pick<Place, 'organizationId'>): Caller {
  return { ...caller, headers: { ...caller.headers, 'x-keyward-organization': organizationId } };
}

/** The same people, signed in at admin-api's own address. */
export async function sessionsOf(people: readonly Credential[], { adminUrl }: TestPlatform): Promise<Credential[]> {
  const signedIn = people.map(async ({ name, person }) => {
    if (!person) throw new Error(`${name} is nobody who could sign in`);
    const browser = new Browser(adminUrl);
    expectDone(await browser.signIn(person.email, person.password));
    return {
      name: `${name}, signed in`,
      caller: { url: adminUrl, headers: browser.headers },
      of: 'person' as const,
      person,
      mayCall: (access: Access) => mayAs(name as Role, access), // they are named by their roles
    };
  });
  return Promise.all(signedIn);
}

const isBySession = (access: Access) => access.of === 'account' && access.by === 'session';

function mayAs(role: Role, access: Access): boolean {
  if (access.of === 'nobody' || access.of === 'account') return true;
  return access.role !== undefined && ranks[role] >= ranks[access.role];
}

/** Server keys of the place's environment: with all scopes, with the one that is needed, with all but that one. */
export async function applicationsOf(place: Place, access: Access): Promise<Credential[]> {
  const needed = 'serverKey' in access ? access.serverKey : undefined;
  const others = allScopes.filter((scope) => scope !== needed && scope !== '*');
  const sets = [['*'], others, ...(needed === undefined || needed === '*' ? [] : [[needed]])] as const;
  return Promise.all(
    sets.map(async (scopes) => {
      const { key } = expectDone(await newServerKey(place, scopes));
      return {
        name: `server key (${scopes.join(' ')})`,
        caller: { url: place.owner.url, headers: { 'x-api-key': key } },
        of: 'application' as const,
        mayCall: () => needed !== undefined && scopes.some((scope) => scope === needed || scope === '*'),
      };
    }),
  );
}

/** Callers that nobody knows, or that are no callers of the management. */
export async function strangersOf(place: Place): Promise<Credential[]> {
  const { key } = await newClient(place.environment);
  const headers = [{}, { 'x-api-key': key }, { authorization: `Bearer ${key}` }, { authorization: 'Bearer xyp_0' }];
  const names = ['no credential', 'a customer key', 'a customer key as Bearer', 'garbage'];
  return headers.map((each, i) => ({
    name: names[i] ?? '',
    caller: { url: place.owner.url, headers: each as Record<string, string> },
    of: 'nobody' as const,
    mayCall: ({ of }: Access) => of === 'nobody',
  }));
}
