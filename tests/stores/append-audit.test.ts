import { newId } from '@keyward/kit/random';
import { type AuditRecord, appendAudit } from '@keyward/stores/postgres/append-audit';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { eraseAuditDiffs } from '@keyward/stores/postgres/erase-audit-diffs';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { migrate } from '@keyward/stores/postgres/migrate';
import { listAuditedOrganizationIds } from '@keyward/stores/postgres/read-audit';
import { verifyAudit } from '@keyward/stores/postgres/verify-audit';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const at = new Date('2026-11-21T10:00:00.123Z');
const actor = { kind: 'user', id: newId() } as const;

describePostgresBackends('the audit chain', (backend) => {
  const own = new AsyncDisposableStack();
  let db: Database;
  let organizationId: string;

  beforeAll(async () => {
    ({ db } = own.use(await openDatabase(await backend.url())));
    await migrate(db);
  });
  beforeEach(() => {
    organizationId = newId();
  });
  afterAll(() => own.disposeAsync());

  const record = (name: string): AuditRecord => ({
    action: 'client.change',
    outcome: 'done',
    subject: { kind: 'client', id: name },
    environmentId: newId(),
    diff: JSON.stringify({ before: { name: 'a' }, after: { name } }),
  });
  const append = (...records: AuditRecord[]) =>
    inTransaction(db, (transaction) =>
      appendAudit(transaction, { organizationId, actor, requestId: newId(), at, records }),
    );
  async function appendSome(count: number): Promise<void> {
    for (let i = 1; i <= count; i += 1) await append(record(`c${i}`));
  }
  const verify = (from?: { seq: number; hash: string }) => verifyAudit(db, { organizationId, from });
  const rows = () =>
    db.selectFrom('audit_event').selectAll().where('organization_id', '=', organizationId).orderBy('seq').execute();
  const change = (seq: number, columns: Record<string, unknown>) =>
    db
      .updateTable('audit_event')
      .set(columns)
      .where('organization_id', '=', organizationId)
      .where('seq', '=', seq)
      .execute();
  const drop = (seq: number) =>
    db.deleteFrom('audit_event').where('organization_id', '=', organizationId).where('seq', '=', seq).execute();

  it('has every record of writers that come at once, one after the other without a gap', async () => {
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 5; i += 1) await append(record(`${writer}-${i}`), record(`${writer}-${i}-too`));
    });
    await Promise.all(writers);
    const found = await rows();
    expect(found.map((row) => row.seq)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
    expect(new Set(found.map((row) => row.subject_id)).size).toBe(80);
    const last = Buffer.from(found.at(-1)?.hash ?? []).toString('hex');
    expect(await verify()).toEqual({
      ...{ organizationId, records: 80, withoutDiff: 0, fault: null },
      head: { seq: 80, hash: last },
    });
  });

  it('knows nothing of a transaction that was rolled back', async () => {
    await appendSome(1);
    const lost = inTransaction(db, async (transaction) => {
      await appendAudit(transaction, { organizationId, actor, requestId: newId(), at, records: [record('lost')] });
      throw new Error('it was not to be');
    });
    await expect(lost).rejects.toThrow('it was not to be');
    await appendSome(1);
    expect(await verify()).toMatchObject({ records: 2, head: { seq: 2 }, fault: null });
  });

  it('is one for each organization', async () => {
    await appendSome(2);
    const first = organizationId;
    organizationId = newId();
    await appendSome(3);
    expect(await verify()).toMatchObject({ records: 3, fault: null });
    expect(await verifyAudit(db, { organizationId: first })).toMatchObject({ records: 2, fault: null });
    expect(await listAuditedOrganizationIds(db)).toEqual(expect.arrayContaining([first, organizationId]));
  });

  it('of an organization that nothing was recorded of is in order, and has no end', async () => {
    expect(await verify()).toEqual({ organizationId, records: 0, withoutDiff: 0, head: null, fault: null });
  });

  it('is in order when diffs were erased, and says how many', async () => {
    await append(record('erased'), record('kept'), { ...record('without'), diff: null });
    await eraseAuditDiffs(db, { organizationId, subjectIds: ['erased'] });
    expect((await rows()).map((row) => row.diff === null)).toEqual([true, false, true]);
    expect(await verify()).toMatchObject({ records: 3, withoutDiff: 2, fault: null });
  });

  it('is walked to its end, however long it is', async () => {
    await append(...Array.from({ length: 1_203 }, (_, i) => record(`c${i}`)));
    expect(await verify()).toMatchObject({ records: 1_203, fault: null });
    await change(1_100, { action: 'client.delete' });
    expect((await verify()).fault).toMatchObject({ seq: 1_100 });
  });

  describe('shows a record of which somebody changed', () => {
    it.each([
      ['id', { id: newId() }],
      ['at', { at: new Date(at.getTime() + 1) }],
      ['actor_kind', { actor_kind: 'system' }],
      ['actor_id', { actor_id: newId() }],
      ['actor_id to nobody', { actor_id: null }],
      ['action', { action: 'client.create' }],
      ['outcome', { outcome: 'denied' }],
      ['subject_kind', { subject_kind: 'key' }],
      ['subject_id', { subject_id: 'c9' }],
      ['environment_id', { environment_id: newId() }],
      ['request_id', { request_id: newId() }],
      ['diff', { diff: '{"after":{"name":"another"}}' }],
      ['diff_hash', { diff_hash: Buffer.alloc(32) }],
      ['hash', { hash: Buffer.alloc(32, 1) }],
      ['organization_id', { organization_id: newId() }],
      ['seq', { seq: 99 }],
    ])('%s', async (_, columns) => {
      await appendSome(3);
      await change(2, columns);
      expect(await verify()).toMatchObject({ records: 1, fault: { seq: 2, reason: expect.any(String) } });
    });
  });

  it('shows that one was dropped, wherever it stood', async () => {
    for (const seq of [1, 2, 3]) {
      organizationId = newId();
      await appendSome(3);
      await drop(seq);
      expect((await verify()).fault).toEqual({ seq, reason: expect.stringContaining(`record ${seq} is missing`) });
    }
  });

  it('shows that two changed places', async () => {
    await appendSome(4);
    await change(2, { seq: 100 });
    await change(3, { seq: 2 });
    await change(100, { seq: 3 });
    expect((await verify()).fault).toMatchObject({ seq: 2 });
  });

  it('shows what was written past its head, and a head that is not its last record’s', async () => {
    await appendSome(2);
    const head = { seq: 1, hash: (await rows())[0]?.hash ?? Buffer.alloc(0) };
    await db.updateTable('audit_head').set(head).where('organization_id', '=', organizationId).execute();
    expect((await verify()).fault).toEqual({ seq: 2, reason: expect.stringContaining('beyond') });
    const wrong = { seq: 2, hash: Buffer.alloc(32, 7) };
    await db.updateTable('audit_head').set(wrong).where('organization_id', '=', organizationId).execute();
    expect((await verify()).fault).toEqual({ seq: 2, reason: expect.stringContaining('head') });
    await db.deleteFrom('audit_head').where('organization_id', '=', organizationId).execute();
    expect((await verify()).fault).toMatchObject({ seq: 1 });
  });

  describe('from a place that was kept elsewhere', () => {
    it('is looked at from there on', async () => {
      await appendSome(3);
      const { head } = await verify();
      await appendSome(2);
      expect(await verify(head ?? undefined)).toMatchObject({ records: 3, head: { seq: 5 }, fault: null });
      await change(1, { action: 'client.create' });
      expect(await verify(head ?? undefined)).toMatchObject({ fault: null });
      await change(3, { action: 'client.create' });
      expect(await verify(head ?? undefined)).toMatchObject({ records: 0, fault: { seq: 3 } });
    });

    it('shows what its own head cannot: that it was cut, or written anew', async () => {
      await appendSome(3);
      const kept = (await verify()).head ?? undefined;
      await drop(3);
      const last = { seq: 2, hash: (await rows())[1]?.hash ?? Buffer.alloc(0) };
      await db.updateTable('audit_head').set(last).where('organization_id', '=', organizationId).execute();
      expect(await verify()).toMatchObject({ fault: null });
      expect((await verify(kept)).fault).toEqual({ seq: 3, reason: expect.stringContaining('ends at 2') });
      await append(record('another'));
      expect(await verify()).toMatchObject({ records: 3, fault: null });
      expect((await verify(kept)).fault).toEqual({ seq: 3, reason: expect.stringContaining('kept') });
    });
  });
});
