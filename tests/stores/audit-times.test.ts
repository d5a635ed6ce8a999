import { newId } from '@keyward/kit/random';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { up as addLag } from '@keyward/stores/postgres/migrations/0018-list-indexes';
import { type AuditFilter, type AuditRow, listAudit, walkAudit } from '@keyward/stores/postgres/read-audit';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSql } from './run-sql.ts';
import { seeded } from './seeded.ts';

const beginMs = Date.UTC(2026, 10, 1);
const hourMs = 3_600_000;
const days = 20;

describePostgresBackends('audit records of a time', (backend) => {
  const own = new AsyncDisposableStack();
  const draw = seeded(18);
  const organizationId = newId();
  let db: Database;
  let records: AuditRow[];

  beforeAll(async () => {
    ({ db } = own.use(await openDatabase(await backend.url())));
    await migrate(db);
    // Clocks that differ by up to two days: records are far from the order of their times.
    for (let hour = 0; hour < days * 24; hour += 2) await append(beginMs + (hour - draw(48)) * hourMs);
    records = await listAudit(db, { organizationId, filter: {}, before: undefined, limit: 1_000 });
  });
  afterAll(() => own.disposeAsync());

  async function append(atMs: number): Promise<void> {
    const subject = { kind: 'client', id: newId() };
    const record = { action: 'client.change', outcome: 'done', subject, environmentId: null, diff: null } as const;
    const actor = { kind: 'system', id: null } as const;
    const appending = { organizationId, actor, requestId: newId(), at: new Date(atMs), records: [record] };
    await db.transaction().execute((transaction) => appendAudit(transaction, appending));
  }

  function expected({ from, to }: AuditFilter): number[] {
    const found = records.filter(({ at }) => (from === undefined || at >= from) && (to === undefined || at < to));
    return found.map(({ seq }) => seq);
  }

  async function expectAll(filter: AuditFilter): Promise<void> {
    const seqs = expected(filter);
    const listed = await listAudit(db, { organizationId, filter, before: undefined, limit: 1_000 });
    expect(listed.map(({ seq }) => seq)).toEqual(seqs);
    const walked: number[] = [];
    for await (const part of walkAudit(db, { organizationId, filter, until: 1_000 }))
      walked.push(...part.map(({ seq }) => seq));
    expect(walked).toEqual(seqs.toReversed());
  }

  async function expectEveryTime(): Promise<void> {
    let matches = 0;
    for (let i = 0; i < 60; i += 1) {
      const [from, to] = [draw(days * 24), draw(days * 24)]
        .sort((a, b) => a - b)
        .map((hour) => beginMs + hour * hourMs);
      const filter = [{ from }, { to }, { from, to }][i % 3] ?? {};
      const dates = Object.entries(filter).map(([name, ms]) => [name, new Date(ms ?? 0)]);
      await expectAll(Object.fromEntries(dates));
      matches += expected(Object.fromEntries(dates)).length;
    }
    expect(matches).toBeGreaterThan(1_000);
  }

  it('are found, all and no others, however far clocks are apart', expectEveryTime);

  it('are found likewise when they were written before their lag was noted', async () => {
    const undo = [
      'alter table audit_head drop column latest_at, drop column lag_ms',
      'drop index client_listed, client_counted, api_key_listed, api_key_listed_stopped, api_key_listed_ending',
      'drop statistics api_key_ending',
      'drop index audit_event_time, audit_event_denied',
    ];
    for (const statement of undo) await runSql(db, statement);
    await addLag(db as unknown as Parameters<typeof addLag>[0]); // a migration knows no schema
    await expectEveryTime();
  });
});
