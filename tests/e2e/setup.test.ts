import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditVerify } from '@keyward/admin-api/commands/audit-verify';
import { setup } from '@keyward/admin-api/commands/setup';
import { verifyPassword } from '@keyward/kit/password';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterEach, beforeEach, expect, it } from 'vitest';

describePostgresBackends('keyward setup', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  let environment: Record<string, string>;

  beforeEach(async () => {
    const DATABASE_URL = await backend.url();
    opened = await openDatabase(DATABASE_URL);
    db = opened.db;
    await migrate(db);
    environment = { DATABASE_URL, SETUP_EMAIL: 'first@example.test' };
  });
  afterEach(() => opened?.[Symbol.asyncDispose]());

  async function run(more: Record<string, string> = {}): Promise<string> {
    const lines: string[] = [];
    await setup.run({ environment: { ...environment, ...more }, given: {}, report: (line) => void lines.push(line) });
    return lines.join('\n');
  }
  const users = () => db.selectFrom('user').select(['id', 'email', 'password_hash']).execute();

  it('makes an owner who may sign in by the password that it prints', async () => {
    const printed = await run({ SETUP_ORGANIZATION: 'Acme' });
    const [user] = await users();
    const password = /shown this once: (\S+)$/.exec(printed)?.[1] ?? '';
    expect(user?.email).toBe('first@example.test');
    expect(await verifyPassword(password, user?.password_hash)).toEqual({ isRight: true, isOutdated: false });
    const members = db
      .selectFrom('member')
      .innerJoin('organization', 'organization.id', 'member.organization_id')
      .select(['organization.name', 'member.role', 'member.user_id']);
    expect(await members.execute()).toEqual([{ name: 'Acme', role: 'owner', user_id: user?.id }]);
  });

  it('is the first record of the organization, without the password', async () => {
    const printed = await run({ SETUP_ORGANIZATION: 'Acme' });
    const password = /shown this once: (\S+)$/.exec(printed)?.[1] ?? '';
    const records = await db.selectFrom('audit_event').selectAll().orderBy('seq').execute();
    expect(records.map(({ action, actor_kind }) => [action, actor_kind])).toEqual([
      ['organization.create', 'system'],
      ['member.create', 'system'],
    ]);
    expect(JSON.stringify(records)).not.toContain(password);
    const verified: string[] = [];
    const verify = () =>
      auditVerify.run({ environment, given: {}, report: (line) => void verified.push(line.replace(/^\S+ +/, '')) });
    await verify();
    expect(verified[0]).toMatch(/^whole: 2 records/);
    await db.deleteFrom('audit_event').execute();
    await db.deleteFrom('audit_head').execute();
    verified.length = 0;
    await verify();
    expect(verified[0]).toBe('has no record at all');
  });

  it('takes the password from a file, and prints it nowhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyward-setup-'));
    await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
    const file = join(folder, 'password');
    writeFileSync(file, 'a password from a file\n');
    const printed = await run({ SETUP_PASSWORD_FILE: file });
    expect(printed).not.toContain('a password from a file');
    expect((await verifyPassword('a password from a file', (await users())[0]?.password_hash)).isRight).toBe(true);
  });

  it('does nothing where there are users', async () => {
    await run();
    expect(await run({ SETUP_EMAIL: 'second@example.test' })).toBe('There are users already: nothing was done.');
    expect((await users()).map(({ email }) => email)).toEqual(['first@example.test']);
  });

  it('run by several at once makes one owner', async () => {
    const emails = Array.from({ length: 4 }, (_, i) => `racer${i}@example.test`);
    await Promise.all(emails.map((SETUP_EMAIL) => run({ SETUP_EMAIL })));
    expect(await users()).toHaveLength(1);
    expect(await db.selectFrom('organization').select('id').execute()).toHaveLength(1);
  });

  it('says what is wrong with its variables, and not what they hold', async () => {
    await expect(run({ SETUP_EMAIL: 'nonsense', SETUP_PASSWORD: 'too short' })).rejects.toThrow(
      /SETUP_EMAIL .*; SETUP_PASSWORD /,
    );
    await expect(run({ SETUP_EMAIL: 'nonsense', SETUP_PASSWORD: 'too short' })).rejects.not.toThrow(
      /nonsense|too short/,
    );
    await expect(run({ SETUP_PASSWORD: 'First@example.test' })).rejects.toThrow('must not be the e-mail address');
    expect(await users()).toEqual([]);
  });
});
