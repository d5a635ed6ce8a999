import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { Browser } from '@keyward/tests/platform/browser';
import { newMember } from '@keyward/tests/platform/new-person';
import { readAllPostgres } from '@keyward/tests/platform/read-all-postgres';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cookie = 'keyward_session';
const minuteMs = 60_000;

describePostgresBackends('sessions', (backend) => {
  let management: Management;

  beforeAll(async () => {
    management = await runManagement(await backend.url(), { SESSION_IDLE_MINUTES: '30', SESSION_HOURS: '2' });
  });
  afterAll(() => management?.[Symbol.asyncDispose]());

  const signedIn = async () => {
    const browser = new Browser(management.url);
    const { email, password } = management.owner;
    expect((await browser.signIn(email, password)).status).toBe(201);
    return browser;
  };
  const newProject = (slug: string) => ({ body: { slug, name: slug, envs: [{ type: 'production' }] } });

  it('are begun by the right password, in a cookie that no script and no other site gets', async () => {
    const browser = new Browser(management.url);
    const { email, password, userId } = management.owner;
    const answer = await browser.signIn(email.toUpperCase(), password);
    expect(answer).toMatchObject({
      status: 201,
      body: { user: { id: userId, email }, organizations: [{ id: management.organizationId, role: 'owner' }] },
    });
    const [line] = browser.lastSetCookies;
    expect(line).toMatch(/^keyward_session=[\w-]{43}; Max-Age=7200; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await browser.call('GET', '/project')).status).toBe(200);
    expect((await browser.call('POST', '/project', newProject('by-session'))).status).toBe(201);
    expect((await new Browser(management.url).call('GET', '/session')).status).toBe(401);
  });

  it('are not begun by a wrong password, nor for who is unknown, in the same words', async () => {
    const browser = new Browser(management.url);
    const wrong = await browser.signIn(management.owner.email, 'not the password');
    const unknown = await browser.signIn('nobody@example.test', 'not the password');
    expect(wrong).toMatchObject({ status: 401, body: { message: 'The e-mail address or the password is wrong.' } });
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
    expect(browser.cookies.size).toBe(0);
    expect(
      (await browser.call('POST', '/session', { body: { email: 'x', password: '', more: 1 } })).body.errors,
    ).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: '/email' }),
        expect.objectContaining({ path: '/password' }),
        { path: '/more', message: 'is not a known field' },
      ]),
    );
  });

  it('are others after each sign-in, and the one that the browser brought ends', async () => {
    const planted = await signedIn();
    const { id } = (await planted.call('GET', '/session')).body;
    const victim = new Browser(management.url);
    victim.cookies.set(cookie, planted.cookies.get(cookie) ?? '');
    await victim.signIn(management.owner.email, management.owner.password);
    expect(victim.cookies.get(cookie)).not.toBe(planted.cookies.get(cookie));
    expect((await planted.call('GET', '/session')).status).toBe(401);
    expect((await victim.call('GET', '/session')).status).toBe(200);
    expect((await call(management.byKey, 'GET', `/audit?subject=${id}&action=session.delete`)).body.data).toHaveLength(
      1,
    );
  });

  describe('changes by a session', () => {
    const refused = { status: 403, body: { error: 'FORBIDDEN' } };

    it('need the token that the session gave, and no other session’s', async () => {
      const [browser, other] = [await signedIn(), await signedIn()];
      for (const token of [undefined, '', 'guess', 'ü', other.csrfToken])
        expect(
          await browser.call('POST', '/project', { ...newProject('forged'), headers: { 'x-csrf-token': token } }),
        ).toMatchObject(refused);
      expect((await browser.call('GET', '/project/forged')).status).toBe(404);
    });

    it('need to come from our own pages', async () => {
      const browser = await signedIn();
      for (const origin of [undefined, 'null', 'https://evil.example', `${management.url}0`])
        expect(await browser.call('POST', '/project', { ...newProject('forged'), headers: { origin } })).toMatchObject(
          refused,
        );
      expect((await browser.call('GET', '/project/forged')).status).toBe(404);
    });

    it('begin from our own pages, too', async () => {
      const browser = new Browser(management.url, { origin: 'https://evil.example' });
      expect(await browser.signIn(management.owner.email, management.owner.password)).toMatchObject(refused);
      expect(browser.cookies.size).toBe(0);
    });

    it('by an account key need neither', async () => {
      expect(await call(management.byKey, 'POST', '/project', newProject('by-key'))).toMatchObject({ status: 201 });
    });
  });

  it('beside a key are two credentials, and that is none', async () => {
    const browser = await signedIn();
    const { headers } = management.byKey;
    expect((await browser.call('GET', '/project', { headers })).status).toBe(401);
  });

  it('end on the next call when their user signs out', async () => {
    const browser = await signedIn();
    const kept = new Map(browser.cookies);
    expect(await browser.call('DELETE', '/session')).toMatchObject({ status: 200, body: { success: true } });
    expect(browser.cookies.has(cookie)).toBe(false);
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect((await browser.call('GET', '/session')).status).toBe(401);
  });

  it('are listed, and ended one by one or all at once, each its own user’s only', async () => {
    const [first, second] = [await signedIn(), await signedIn()];
    const list = await second.call('GET', '/session/all?limit=2');
    expect(list.body.data).toMatchObject([{ current: true, address: '127.0.0.1' }, { current: false }]);
    const { id } = (await first.call('GET', '/session')).body;
    const { organizationId } = management;
    const stranger = await newMember(management.db, management, { organizationId, role: 'owner' });
    const [foreign, unknown] = [id, organizationId].map((each) => call(stranger, 'DELETE', `/session/${each}`));
    expect((await foreign)?.status).toBe(404);
    expect({ ...(await foreign)?.body, requestId: '' }).toEqual({ ...(await unknown)?.body, requestId: '' });
    expect((await call(stranger, 'DELETE', '/session/all')).status).toBe(200);
    expect((await call(stranger, 'GET', '/session/all')).body.data).toEqual([]);
    expect((await second.call('DELETE', `/session/${id}`)).status).toBe(200);
    expect((await first.call('GET', '/session')).status).toBe(401);
    const third = await signedIn();
    expect((await second.call('DELETE', '/session/all')).status).toBe(200);
    for (const browser of [second, third]) expect((await browser.call('GET', '/session')).status).toBe(401);
  });

  it('end when they are not used, and after a time however much they are', async () => {
    const [idle, busy] = [await signedIn(), await signedIn()];
    const isIn = async (browser: Browser) => (await browser.call('GET', '/session/all')).status === 200;
    for (let minutes = 0; minutes < 100; minutes += 20) {
      const before = await lastUse();
      management.clock.advance(20 * minuteMs);
      expect(await isIn(busy)).toBe(true);
      await expect.poll(() => lastUse(), { timeout: 10_000 }).not.toEqual(before);
    }
    expect(await isIn(idle)).toBe(false);
    management.clock.advance(21 * minuteMs);
    expect(await isIn(busy)).toBe(false);
  });

  it('go on while they are used, however soon they would end', async () => {
    await using own = await runManagement(await backend.url(), { SESSION_IDLE_MINUTES: '1' });
    const browser = new Browser(own.url);
    await browser.signIn(own.owner.email, own.owner.password);
    for (let i = 0; i < 4; i += 1) {
      const before = await lastUse(own.db);
      own.clock.advance(50_000);
      expect((await browser.call('GET', '/session/all')).status).toBe(200);
      await expect.poll(() => lastUse(own.db), { timeout: 10_000 }).not.toEqual(before);
    }
  });

  it('get a new token when the old one is an hour old; the old one is taken a minute longer', async () => {
    const keepAlive = await runManagement(await backend.url(), { SESSION_IDLE_MINUTES: '600' });
    await using _closing = keepAlive;
    const browser = new Browser(keepAlive.url);
    await browser.signIn(keepAlive.owner.email, keepAlive.owner.password);
    const late = new Browser(keepAlive.url);
    const old = browser.cookies.get(cookie) ?? '';
    late.cookies.set(cookie, old);
    await browser.call('GET', '/session');
    expect(browser.cookies.get(cookie)).toBe(old);
    keepAlive.clock.advance(61 * minuteMs);
    const renewed = await browser.call('GET', '/session');
    expect(browser.cookies.get(cookie)).not.toBe(old);
    expect(renewed.body.csrfToken).toBe(browser.csrfToken);
    expect((await late.call('GET', '/session')).status).toBe(200);
    expect(late.cookies.get(cookie)).toBe(old);
    keepAlive.clock.advance(2 * minuteMs);
    expect((await late.call('GET', '/session')).status).toBe(401);
    expect((await browser.call('GET', '/session')).status).toBe(200);
  });

  it('are for https only where browsers come by https, and then take its origin only', async () => {
    await using secure = await runManagement(await backend.url(), { PUBLIC_URL: 'https://keyward.example/' });
    const browser = new Browser(secure.url, { origin: 'https://keyward.example' });
    await browser.signIn(secure.owner.email, secure.owner.password);
    expect(browser.lastSetCookies).toEqual([
      expect.stringMatching(/^__Host-keyward_session=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
      expect.stringMatching(/^__Host-keyward_device=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
    ]);
    expect((await browser.call('DELETE', '/session/all', { headers: { origin: secure.url } })).status).toBe(403);
    expect((await browser.call('DELETE', '/session/all')).status).toBe(200);
  });

  it('leave no token at rest or in the log, and their beginning and end in the audit of each organization', async () => {
    const browser = await signedIn();
    const token = browser.cookies.get(cookie) ?? '';
    const atRest = await readAllPostgres(management.db);
    for (const secret of [token, browser.csrfToken ?? '', management.owner.password])
      for (const spelling of [secret, Buffer.from(secret).toString('hex')]) {
        expect(atRest).not.toContain(spelling);
        expect(management.logged()).not.toContain(spelling);
      }
    const { id } = (await browser.call('GET', '/session')).body;
    await browser.call('DELETE', '/session');
    const audit = management.db.selectFrom('audit_event').select(['action', 'actor_id']).where('subject_id', '=', id);
    expect(await audit.orderBy('seq').execute()).toEqual([
      { action: 'session.create', actor_id: management.owner.userId },
      { action: 'session.delete', actor_id: management.owner.userId },
    ]);
  });

  /** Of all sessions. */
  async function lastUse(db = management.db): Promise<Date | undefined> {
    const found = db.selectFrom('user_session').select((the) => the.fn.max('used_at').as('at'));
    return (await found.executeTakeFirst())?.at;
  }
});
