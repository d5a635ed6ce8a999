import type { EnvironmentSettings } from '@keyward/contract/settings';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';

/** An environment of an organization of its own, with nothing in it. */
export async function insertEnvironment(
  db: Database,
  settings: Partial<EnvironmentSettings> = {},
): Promise<{ id: string; organizationId: string }> {
  const [id, organization_id, project_id] = [newId(), newId(), newId()];
  const now = new Date(systemClock.nowMs());
  const named = { organization_id, metadata: '{}', created_at: now, updated_at: now };
  await db.insertInto('organization').values({ id: organization_id, name: 'o', created_at: now }).execute();
  await db
    .insertInto('project')
    .values({ id: project_id, slug: 'p', name: 'p', ...named })
    .execute();
  const place = { project_id, type: 'production', project_env: 'p-production', status: 'active' as const, version: 1 };
  await db
    .insertInto('environment')
    .values({ id, settings: JSON.stringify(settings), ...place, ...named })
    .execute();
  return { id, organizationId: organization_id };
}
