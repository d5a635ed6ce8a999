import { once } from 'node:events';
import { exportAuditLines } from '@keyward/admin-api/reports/read-audit';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import { openDatabase } from '@keyward/stores/postgres/database';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { administrationOn } from './administration-under-test.ts';

describePostgresBackends('the export of the audit', (backend) => {
  it('is read as far as it is taken, and holds nothing else up meanwhile', async () => {
    await using opened = await openDatabase(await backend.url());
    const { db } = opened;
    const store = new MemoryProjectionStore(new MemoryShards());
    const administration = await administrationOn({ db, store, clock: systemClock });
    const organizationId = newId();
    const diff = JSON.stringify({ after: { note: 'x'.repeat(500) } });
    const subject = { kind: 'client', id: newId() };
    const record = { action: 'client.create', outcome: 'done', subject, environmentId: null, diff } as const;
    const appending = { organizationId, actor: { kind: 'system', id: null }, requestId: newId() } as const;
    const records = Array.from({ length: 1_100 }, () => record);
    await appendAudit(db, { ...appending, at: new Date(systemClock.nowMs()), records });

    const lines = await exportAuditLines(administration, organizationId, {});
    await once(lines, 'readable');
    // What nobody has taken yet is not in memory: it can still go.
    await db.deleteFrom('audit_event').where('organization_id', '=', organizationId).where('seq', '>', 1_050).execute();
    const text = (await lines.toArray()).map(String).join('');
    const seqs = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).seq);
    expect(seqs).toEqual(Array.from({ length: 1_050 }, (_, i) => i + 1));
  });
});
