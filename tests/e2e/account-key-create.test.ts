import { accountKeyCreate } from '@keyward/admin-api/commands/account-key-create';
import { UsageError } from '@keyward/admin-api/commands/command';
import { createFirstOwner } from '@keyward/admin-api/first-setup';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { readPepper } from '@keyward/keyformat/pepper';
import { systemClock } from '@keyward/kit/clock';
import { newSecret } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, expect, it } from 'vitest';

describePostgresBackends('keyward account-key create', (backend) => {
  const own = new AsyncDisposableStack();
  const PEPPER = newSecret();
  let db: Database;
  let environment: Record<string, string>;
  let owner: { userId: string; organizationId: string };

  beforeAll(async () => {
    environment = { DATABASE_URL: await backend.url(), PEPPER };
    db = own.use(await openDatabase(environment.DATABASE_URL ?? '')).db;
    await migrate(db);
    const first = { organization: 'Acme', email: 'first@example.test', password: newSecret() };
    owner = await createFirstOwner({ db, clock: systemClock }, first);
  });
  afterAll(() => own.disposeAsync());

  async function run(given: Record<string, string>): Promise<string> {
    const lines: string[] = [];
    await accountKeyCreate.run({ environment, given, report: (line) => void lines.push(line) });
    return lines.join('\n');
  }

  it('makes a key of that person, prints it once, and has it in the audit without the key', async () => {
    const raw = /shown this once: (xyp_\S+)$/.exec(await run({ email: 'first@example.test', memo: 'CI' }))?.[1] ?? '';
    const rows = await db.selectFrom('account_key').select(['id', 'user_id', 'description', 'digest']).execute();
    expect(rows).toMatchObject([{ user_id: owner.userId, description: 'CI' }]);
    const digest = keyDigest({ pepper: readPepper(PEPPER, undefined), domain: 'account', canonical: raw });
    expect(Buffer.from(rows[0]?.digest ?? [])).toEqual(Buffer.from(digest));
    const records = await db.selectFrom('audit_event').selectAll().orderBy('seq', 'desc').limit(1).execute();
    expect(records).toMatchObject([
      { action: 'account-key.create', actor_kind: 'system', organization_id: owner.organizationId },
    ]);
    expect(JSON.stringify(records)).not.toContain(raw);
  });

  it('is a wrong call for an e-mail address that nobody has', async () => {
    await expect(run({ email: 'nobody@example.test' })).rejects.toThrow(UsageError);
  });
});
