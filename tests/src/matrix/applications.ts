import { issueServerKey } from '@keyward/admin-api/projects/issue-server-key';
import { type Access, ServerKeyScope } from '@keyward/contract/access';
import { findEnvironment } from '@keyward/stores/postgres/projects';
import { insertServerKey } from '@keyward/stores/postgres/server-keys';
import type { Credential } from './credential.ts';
import type { Place } from './route-row.ts';

const each: readonly ServerKeyScope[] = ServerKeyScope.enum;

/** Server keys of the place's environment: one of each scope, and one with all scopes but what this access needs. */
export async function applicationsOf(place: Place, access: Access): Promise<Credential[]> {
  const needed = 'serverKey' in access ? access.serverKey : undefined;
  const others = each.filter((scope) => scope !== needed && scope !== '*');
  return Promise.all(
    [...each.map((scope) => [scope]), others].map(async (scopes) => ({
      name: `server key (${scopes.join(' ')})`,
      caller: { url: place.owner.url, headers: { 'x-api-key': await serverKeyOf(place, scopes) } },
      of: 'application' as const,
      mayCall: () => needed !== undefined && scopes.some((scope) => scope === needed || scope === '*'),
    })),
  );
}

/** Written as admin-api writes it; validators do not hear of it, and none is asked. */
export async function serverKeyOf(
  { db, organizationId, secrets, environment: { projectEnv } }: Place,
  scopes: ServerKeyScope[],
  { expiresAt = null }: { expiresAt?: Date | null } = {},
): Promise<string> {
  const environment = await findEnvironment(db, organizationId, { projectEnv });
  if (!environment) throw new Error(`there is no ${projectEnv}`);
  const pepper = Buffer.from(secrets.pepper);
  const { row, raw } = issueServerKey({ pepper }, { environment, name: 'of the matrix', scopes, now: new Date() });
  await insertServerKey(db, { ...row, expires_at: expiresAt });
  return raw;
}
