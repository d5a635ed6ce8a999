import { validation } from '@keyward/contract/pipeline-event';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { deleteEnvironment } from '@keyward/stores/postgres/delete-environment';
import { eraseEnvironments } from '@keyward/stores/postgres/upkeep/erase-environments';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { insertEnvironment } from '@keyward/tests/platform/insert-environment';
import { expect, it } from 'vitest';
import { WriterUnderTest } from './writer-under-test.ts';

const signal = new AbortController().signal;
const minuteMs = 60_000;

describePostgresBackends('a deleted environment', (backend) => {
  const stage = new WriterUnderTest(backend);

  async function environmentWithLines() {
    const { id, organizationId } = await insertEnvironment(stage.db);
    const write = async () =>
      stage.newWriter().write(stage.batch([validation(stage.event({ environmentId: id, clientId: newId() }))]));
    await write();
    return { id, organizationId, write };
  }
  const rows = (table: 'request_log' | 'usage_hour', id: string) =>
    stage.db.selectFrom(table).select('environment_id').where('environment_id', '=', id).execute();
  const erase = (nowMs: number) => eraseEnvironments(stage.ingest.db, { nowMs, signal });

  it('has no logs any more, and none that come later; its counts stay', async () => {
    const [gone, kept] = [await environmentWithLines(), await environmentWithLines()];
    const now = new Date(systemClock.nowMs());
    await deleteEnvironment(stage.db, gone.id, now);
    // Those who write lines may not have heard of it yet.
    expect(await erase(now.getTime() + minuteMs / 2)).toBe(0);
    await gone.write();
    expect(await rows('request_log', gone.id)).toHaveLength(1);
    expect(await erase(now.getTime() + 2 * minuteMs)).toBe(1);
    expect(await erase(now.getTime() + 3 * minuteMs)).toBe(0);
    expect(await rows('request_log', gone.id)).toEqual([]);
    expect(await rows('usage_hour', gone.id)).toHaveLength(2);
    expect(await rows('request_log', kept.id)).toHaveLength(1);
  });

  it('waits for its clients to be erased', async () => {
    const { id, organizationId } = await environmentWithLines();
    const now = new Date(systemClock.nowMs());
    const place = { organization_id: organizationId, environment_id: id, template_id: null };
    const names = { name: 'c', tenant: Buffer.alloc(32), ip_whitelist: [], metadata: '{}' };
    const times = { version: 1, created_at: now, updated_at: now };
    const client = { id: newId(), ...place, ...names, ...times };
    await stage.db
      .insertInto('client')
      .values({ ...client, type: 'service', status: 'active', source: 'api' })
      .execute();
    await deleteEnvironment(stage.db, id, now);
    expect(await erase(now.getTime() + 2 * minuteMs)).toBe(0);
    await stage.db.deleteFrom('client').where('id', '=', client.id).execute();
    expect(await erase(now.getTime() + 2 * minuteMs)).toBe(1);
  });
});
