import type { Access } from '../access.ts';
import type { Printed } from './components.ts';

/** Who may call, in words. */
export function accessDescription(access: Access): string {
  if (access.of === 'nobody') return 'Needs no credential.';
  if (access.of === 'account')
    return access.by === 'session'
      ? 'For people who have signed in, about what is theirs.'
      : 'For people, about what is theirs.';
  const role = access.role === undefined ? [] : [`a person with the role \`${access.role}\` or more`];
  const scope =
    'serverKey' in access && access.serverKey ? [`a server key with the scope \`${access.serverKey}\``] : [];
  const where = access.of === 'installation' ? ' of the organization that runs the installation' : '';
  return `For ${[...role, ...scope].join(', or ')}${where}.`;
}

/** The credentials that may be presented, any one of them. */
export function securityOf(access: Access): Printed[] {
  if (access.of === 'nobody') return [];
  if (access.of === 'account' && access.by === 'session') return [{ session: [] }];
  const people = access.of === 'account' || access.role !== undefined ? [{ accountKey: [] }, { session: [] }] : [];
  const applications = 'serverKey' in access && access.serverKey ? [{ serverKey: [] }, { serverKeyBearer: [] }] : [];
  return [...applications, ...people];
}

export const securitySchemes = {
  serverKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'The server key of an environment: `sk_live_…` or `sk_test_…`.',
  },
  serverKeyBearer: { type: 'http', scheme: 'bearer', description: 'The same, as Bearer.' },
  accountKey: { type: 'http', scheme: 'bearer', description: 'An account key of a person: `xyp_…`.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'keyward_session',
    description:
      "A person's session, on the management API's own origin; over https its name begins with `__Host-`. A change brings the session's `csrfToken`, too, in `x-csrf-token`, and the page's `Origin`.",
  },
};
