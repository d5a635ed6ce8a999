import type { Access, Role } from '@keyward/contract/access';
import { Browser } from '../platform/browser.ts';
import { expectDone } from '../platform/expect-done.ts';
import { newMember, type Person } from '../platform/new-person.ts';
import type { TestPlatform } from '../platform/run-platform.ts';
import type { Caller } from '../platform/wire-client.ts';
import { actingIn, type Credential, mayAs } from './credential.ts';
import type { Place } from './route-row.ts';

const roles = ['viewer', 'developer', 'admin', 'owner'] as const satisfies Role[];

/**
 * People of each role in the place's organization, by account key through the gateway, and others of each role by a session at
 * admin-api: two, so that a call which changes its caller is made by either.
 */
export async function peopleOf(place: Place, platform: TestPlatform): Promise<Credential[]> {
  const { db, organizationId } = place;
  const ofEachRole = roles.map(async (role) => {
    const [byKey, inBrowser] = await Promise.all([
      newMember(db, platform, { organizationId, role }),
      newMember(db, platform, { organizationId, role }),
    ]);
    const mayByKey = (access: Access) => mayAs(role, access) && !isBySession(access);
    return [
      personal({ name: role, caller: actingIn(byKey, place), person: byKey, mayCall: mayByKey }),
      personal({
        name: `${role}, signed in`,
        caller: actingIn(await signedIn(inBrowser, platform), place),
        person: inBrowser,
        mayCall: (access) => mayAs(role, access),
      }),
    ];
  });
  return (await Promise.all(ofEachRole)).flat();
}

/** What a browser on admin-api's own page sends once this person has signed in there. */
export async function signedIn(
  { email, password }: Pick<Person, 'email' | 'password'>,
  { adminUrl }: Pick<TestPlatform, 'adminUrl'>,
): Promise<Caller> {
  const browser = new Browser(adminUrl);
  expectDone(await browser.signIn(email, password));
  return { url: adminUrl, headers: browser.headers };
}

const personal = (credential: Omit<Credential, 'of'>): Credential => ({ ...credential, of: 'person' });

const isBySession = (access: Access) => access.of === 'account' && access.by === 'session';

/** The call of a page that is not ours, or that has not read the token: the browser adds the cookie all the same. */
export function forgeriesOf({ url, headers }: Caller): { name: string; caller: Caller }[] {
  const { origin: _, ...withoutOrigin } = headers;
  const { 'x-csrf-token': token = '', ...withoutToken } = headers;
  return Object.entries({
    'without a token': withoutToken,
    'with another token': { ...headers, 'x-csrf-token': [...token].reverse().join('') },
    'from another site': { ...headers, origin: 'https://evil.example.test' },
    'from a page that does not say where it is from': withoutOrigin,
  }).map(([name, forged]) => ({ name, caller: { url, headers: forged } }));
}
