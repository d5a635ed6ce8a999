import { argon2Sync } from 'node:crypto';
import { userResetPassword } from '@keyward/admin-api/commands/user-reset-password';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { Browser } from '@keyward/tests/platform/browser';
import { newMember, type Person } from '@keyward/tests/platform/new-person';
import { readAllPostgres } from '@keyward/tests/platform/read-all-postgres';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const newPassword = 'another long password';

describePostgresBackends('a password', (backend) => {
  let management: Management;
  let databaseUrl: string;
  let person: Person;

  beforeAll(async () => {
    databaseUrl = await backend.url();
    management = await runManagement(databaseUrl);
    management.clock.stop();
  });
  beforeEach(async () => {
    const { organizationId } = management;
    person = await newMember(management.db, management, { organizationId, role: 'viewer' });
  });
  afterAll(() => management?.[Symbol.asyncDispose]());

  const signedIn = async (password = person.password) => {
    const browser = new Browser(management.url);
    await browser.signIn(person.email, password);
    return browser;
  };
  const change = (browser: Browser, body: object = { currentPassword: person.password, newPassword }) =>
    browser.call('PUT', '/password', { body });
  const isIn = async (browser: Browser) => (await browser.call('GET', '/session')).status === 200;
  const hashOf = async () =>
    (
      await management.db
        .selectFrom('user')
        .select('password_hash')
        .where('id', '=', person.userId)
        .executeTakeFirstOrThrow()
    ).password_hash;

  it('is changed by who knows the old one; their other sessions end, and this one gets a new token', async () => {
    const [browser, other] = [await signedIn(), await signedIn()];
    const before = browser.cookies.get('keyward_session');
    expect((await change(browser)).status).toBe(200);
    expect(browser.cookies.get('keyward_session')).not.toBe(before);
    expect([await isIn(browser), await isIn(other)]).toEqual([true, false]);
    expect(await isIn(await signedIn())).toBe(false);
    expect(await isIn(await signedIn(newPassword))).toBe(true);
    const records = management.db
      .selectFrom('audit_event')
      .select(['action', 'diff'])
      .where('action', '=', 'password.change');
    expect(await records.where('subject_id', '=', person.userId).execute()).toEqual([
      { action: 'password.change', diff: null },
    ]);
    const atRest = await readAllPostgres(management.db);
    for (const secret of [person.password, newPassword]) expect(atRest).not.toContain(secret);
  });

  it('is not changed without the old one, however often that is tried', async () => {
    const browser = await signedIn();
    const before = await hashOf();
    const wrong = { currentPassword: 'a guess', newPassword };
    for (let i = 0; i < 6; i += 1) expect(await change(browser, wrong)).toMatchObject({ status: 403 });
    const refused = await change(browser);
    expect(refused).toMatchObject({ status: 429, body: { error: 'TOO_MANY_REQUESTS' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await hashOf()).toBe(before);
  });

  it('is not changed by a key, nor to what is too short, too long, or the address', async () => {
    const browser = await signedIn();
    const body = { currentPassword: person.password, newPassword };
    expect((await call(person, 'PUT', '/password', { body })).status).toBe(403);
    for (const bad of ['eleven char', 'x'.repeat(1_025), person.email.toUpperCase()])
      expect(await change(browser, { ...body, newPassword: bad })).toMatchObject({
        status: 400,
        body: { errors: [{ path: '/newPassword' }] },
      });
    expect((await change(browser, { ...body, newPassword: 'x'.repeat(12) })).status).toBe(200);
  });

  const reset = async (email: string, variables: Record<string, string> = {}) => {
    const lines: string[] = [];
    const environment = { DATABASE_URL: databaseUrl, ...variables };
    const result = await userResetPassword.run({ environment, given: { email }, report: (line) => lines.push(line) });
    return { result, printed: lines.join('\n') };
  };
  const actionsOf = async () => {
    const records = management.db.selectFrom('audit_event').select(['action', 'actor_kind', 'diff']);
    return records.where('subject_id', '=', person.userId).where('action', 'like', 'password.%').execute();
  };

  it('that was forgotten is set anew by an operator; all sessions of the person end', async () => {
    const [browser, other] = [await signedIn(), await signedIn()];
    const { result, printed } = await reset(person.email.toUpperCase());
    expect(result).toMatchObject({ userId: person.userId, endedSessions: 2 });
    const password = /shown this once: (\S+)$/.exec(printed)?.[1] ?? '';
    expect([await isIn(browser), await isIn(other), await isIn(await signedIn())]).toEqual([false, false, false]);
    expect(await isIn(await signedIn(password))).toBe(true);
    expect(await actionsOf()).toEqual([{ action: 'password.reset', actor_kind: 'system', diff: null }]);
    expect(await readAllPostgres(management.db)).not.toContain(password);
  });

  it('that an operator sets is taken from a variable, printed nowhere, and held to the same rules', async () => {
    const { printed } = await reset(person.email, { KEYWARD_NEW_PASSWORD: newPassword });
    expect(printed).not.toContain(newPassword);
    expect(await isIn(await signedIn(newPassword))).toBe(true);
    const before = await hashOf();
    for (const KEYWARD_NEW_PASSWORD of ['eleven char', person.email.toUpperCase()])
      await expect(reset(person.email, { KEYWARD_NEW_PASSWORD })).rejects.toThrow(/KEYWARD_NEW_PASSWORD must/);
    await expect(reset('nobody@example.test')).rejects.toThrow('Nobody has the e-mail address nobody@example.test.');
    expect(await hashOf()).toBe(before);
  });

  it('that was hashed at a lower cost is hashed anew when it is next used', async () => {
    const nonce = Buffer.alloc(16, 7);
    const cost = { memory: 1_024, passes: 1, parallelism: 1, tagLength: 32 };
    const hash = argon2Sync('argon2id', { ...cost, nonce, message: person.password });
    const old = ['argon2id', 1_024, 1, 1, nonce.toString('base64url'), hash.toString('base64url')].join('$');
    await management.db.updateTable('user').set({ password_hash: old }).where('id', '=', person.userId).execute();
    expect(await isIn(await signedIn('not the password'))).toBe(false);
    expect(await hashOf()).toBe(old);
    expect(await isIn(await signedIn())).toBe(true);
    expect(await hashOf()).toMatch(/^argon2id\$19456\$2\$1\$/);
    expect(await isIn(await signedIn())).toBe(true);
  });
});
