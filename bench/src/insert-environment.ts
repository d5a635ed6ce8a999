import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';

/** An environment with nothing in it, under default settings; answers its id. */
export async function insertEnvironment(db: Database): Promise<string> {
  const [id, organization_id, project_id] = [newId(), newId(), newId()];
  const now = new Date(systemClock.nowMs());
  const times = { created_at: now, updated_at: now };
  const named = { organization_id, metadata: '{}', ...times };
  await db.insertInto('organization').values({ id: organization_id, name: 'Bench', created_at: now }).execute();
  await db
    .insertInto('project')
    .values({ id: project_id, slug: 'bench', name: 'Bench', ...named })
    .execute();
  await db
    .insertInto('environment')
    .values({
      id,
      project_id,
      type: 'production',
      project_env: 'bench_production',
      status: 'active',
      version: 1,
      ...named,
    })
    .execute();
  return id;
}
