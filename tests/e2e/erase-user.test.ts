import { insertIdentity } from '@keyward/stores/postgres/user-identities';
import { verifyAudit } from '@keyward/stores/postgres/verify-audit';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { Browser } from '@keyward/tests/platform/browser';
import { newMember, newOwner, type Person } from '@keyward/tests/platform/new-person';
import { readAllPostgres } from '@keyward/tests/platform/read-all-postgres';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

describePostgresBackends('a person who erases their account', (backend) => {
  let management: Management;
  let organizationId: string;

  beforeAll(async () => {
    management = await runManagement(await backend.url(), { ORGANIZATION_CREATION: 'anyone' });
    organizationId = management.organizationId;
  });
  afterAll(() => management?.[Symbol.asyncDispose]());

  const join = (role: 'admin' | 'owner' | 'viewer') => newMember(management.db, management, { organizationId, role });
  const signedIn = async ({ email, password }: Pick<Person, 'email' | 'password'>) => {
    const browser = new Browser(management.url, { headers: { 'user-agent': `browser of ${email}` } });
    expect((await browser.signIn(email, password)).status).toBe(201);
    return browser;
  };
  const erase = (browser: Browser, headers = {}) => browser.call('DELETE', '/user/me', { headers });

  it('leaves nothing that is personal, anywhere, and chains that are whole', async () => {
    const person = await join('admin');
    const memo = uniqueName('memo');
    const browser = await signedIn(person);
    const other = await signedIn(person);
    const made = await browser.call('POST', '/api/account/api-keys', {
      body: { memo },
      headers: { 'idempotency-key': uniqueName('once') },
    });
    const secondKey = { ...person, headers: { authorization: `Bearer ${made.body.meta.secret_token}` } };
    expect((await call(secondKey, 'GET', '/project')).status).toBe(200);
    const subject = uniqueName('subject');
    const identity = { issuer: 'https://issuer.test', subject, userId: person.userId, at: new Date() };
    await insertIdentity(management.db, identity);
    const elsewhere = await newOwner(management.db, management);
    const invite = { body: { email: person.email.toUpperCase(), role: 'viewer' } };
    const headers = { 'idempotency-key': uniqueName('invite') };
    expect((await call(elsewhere, 'POST', '/invitation', { ...invite, headers })).status).toBe(201);
    await call(management.byKey, 'PUT', `/member/${person.userId}`, { body: { role: 'viewer' } });
    const texts = [person.email, memo, subject].map((text) => text.toLowerCase());
    const everything = async () => (await readAllPostgres(management.db)).toLowerCase();
    for (const text of texts) expect(await everything()).toContain(text);

    expect(await erase(browser)).toMatchObject({ status: 200, body: { success: true } });

    for (const session of [browser, other]) expect((await session.call('GET', '/project')).status).toBe(401);
    for (const key of [person, secondKey]) expect((await call(key, 'GET', '/project')).status).toBe(401);
    expect((await new Browser(management.url).signIn(person.email, person.password)).status).toBe(401);
    expect((await call(management.byKey, 'GET', `/member/${person.userId}`)).status).toBe(404);
    for (const text of texts) expect(await everything()).not.toContain(text);
    const answers = management.db.selectFrom('idempotent_answer').select('key').where('actor_id', '=', person.userId);
    expect(await answers.execute()).toEqual([]);
    expect(await call(elsewhere, 'POST', '/invitation', { ...invite, headers })).toMatchObject({ status: 404 });
    const records = management.db.selectFrom('audit_event').select('action').where('actor_id', '=', person.userId);
    expect((await records.where('outcome', '=', 'done').execute()).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['account-key.create', 'session.create', 'user.delete']),
    );
    const heads = await management.db.selectFrom('audit_head').select('organization_id').execute();
    expect(heads.length).toBeGreaterThan(1);
    for (const { organization_id } of heads)
      expect((await verifyAudit(management.db, { organizationId: organization_id })).fault).toBeNull();
    const own = `/audit?subject=${person.userId}&action=user.delete`;
    expect((await call(elsewhere, 'GET', own)).body.data).toHaveLength(1);
  });

  it('takes nothing from what is told of others, whose address holds theirs', async () => {
    const person = await join('viewer');
    const email = `not.${person.email}`;
    const invitation = await call(management.byKey, 'POST', '/invitation', { body: { email, role: 'viewer' } });
    expect((await erase(await signedIn(person))).status).toBe(200);
    const { body } = await call(management.byKey, 'GET', `/audit?subject=${invitation.body.id}`);
    expect(body.data).toMatchObject([{ action: 'invitation.create', diff: { after: { email } } }]);
  });

  it('may come again with the same address, as somebody else', async () => {
    const person = await join('viewer');
    await erase(await signedIn(person));
    const invitation = await call(management.byKey, 'POST', '/invitation', {
      body: { email: person.email, role: 'viewer' },
    });
    const body = { token: invitation.body.token, password: 'a password of somebody' };
    const registered = await call(person, 'POST', '/invitation/register', { body });
    expect(registered.status).toBe(201);
    expect(registered.body.userId).not.toBe(person.userId);
  });

  it('is not the last owner of an organization', async () => {
    const person = await join('owner');
    const browser = await signedIn(person);
    const name = uniqueName('Alone');
    const alone = await browser.call('POST', '/organization', { body: { name } });
    expect(alone.status).toBe(201);
    const refused = await erase(browser);
    expect(refused).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    expect(refused.body.message).toContain(name);
    expect((await browser.call('GET', '/session')).status).toBe(200);
    const removal = await browser.call('DELETE', `/organization/${alone.body.id}`);
    expect(removal.status).toBe(200);
    expect((await erase(browser)).status).toBe(200);
  });

  it('has signed in lately, and by no key', async () => {
    const person = await join('viewer');
    expect(await call(person, 'DELETE', '/user/me')).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
    const browser = await signedIn(person);
    expect((await erase(browser, { 'x-csrf-token': undefined })).status).toBe(403);
    expect((await erase(browser, { 'if-match': '"any"' })).status).toBe(412);
    management.clock.advance(600_001);
    expect(await erase(browser)).toMatchObject({ status: 403, body: { message: expect.stringContaining('Sign in') } });
    expect((await erase(await signedIn(person))).status).toBe(200);
  });
});
