import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { asPostgresRole, setPostgresRoles } from '@keyward/tests/backends/postgres-roles';

/** A migrated database as ingest has it, which may do there only what it has to: so whatever a suite makes it do is seen to be allowed. */
export async function openAsIngest(url: string): Promise<OpenDatabase> {
  if (url.startsWith('pglite:')) return openDatabase(url); // it has no roles
  await setPostgresRoles(url);
  return openDatabase(asPostgresRole(url, 'keyward_ingest'));
}
