import { readFile } from 'node:fs/promises';
import { withPostgres } from './postgres-admin.ts';

export const postgresRoles = ['keyward_migrate', 'keyward_admin_api', 'keyward_ingest'] as const;
export type PostgresRole = (typeof postgresRoles)[number];

const rolesFile = new URL('../../../infra/postgres/roles.sql', import.meta.url);
const lock = 5_432_001;

/** Makes the roles, and lets them do in that database what they may, as an operator does. Its user has to be a superuser. */
export async function setPostgresRoles(url: string): Promise<void> {
  const script = await readFile(rolesFile, 'utf8');
  const name = new URL(url).pathname.slice(1);
  // Roles are of the whole server, and other workers set them for their own databases.
  await withPostgres(new URL('/postgres', url).href, async (server) => {
    await server.query(`select pg_advisory_lock(${lock})`);
    await withPostgres(url, async (client) => {
      await client.query(script.replaceAll(':"DBNAME"', `"${name}"`)); // as psql does
      for (const role of postgresRoles) await client.query(`alter role ${role} password '${passwordOf(role)}'`);
    });
  });
}

/** The same database for one of its roles. */
export function asPostgresRole(url: string, role: PostgresRole): string {
  return Object.assign(new URL(url), { username: role, password: passwordOf(role) }).href;
}

const passwordOf = (role: PostgresRole) => `secret-of-${role}`;
