import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { Browser } from '@keyward/tests/platform/browser';
import { type Claims, clientId, clientSecret, TestIssuer } from '@keyward/tests/platform/oidc-issuer';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { type Answer, call } from '@keyward/tests/platform/wire-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

describePostgresBackends('signing in at an issuer', (backend) => {
  let issuer: TestIssuer;
  let management: Management;
  let variables: Record<string, string>;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    variables = {
      PUBLIC_URL: 'http://keyward.example',
      OIDC_ISSUER: issuer.url,
      OIDC_CLIENT_ID: clientId,
      OIDC_CLIENT_SECRET: clientSecret,
      OIDC_EMAIL_DOMAINS: 'example.test, partner.test',
      OUTBOUND_ALLOWED_HOSTS: '127.0.0.1',
    };
    management = await runManagement(await backend.url(), variables);
  });
  afterEach(() => {
    issuer.faults = {};
  });
  afterAll(async () => {
    await management?.[Symbol.asyncDispose]();
    await issuer?.[Symbol.asyncDispose]();
  });

  const newBrowser = (at: { url: string } = management) => new Browser(at.url, { origin: 'http://keyward.example' });
  const newClaims = (more: Partial<Claims> = {}): Claims => ({
    sub: uniqueName('sub'),
    email: `${uniqueName('person')}@example.test`,
    email_verified: true,
    ...more,
  });
  const pathOf = (url: string) => url.replace('http://keyward.example', '');
  const begin = async (browser: Browser) => {
    const { status, headers } = await browser.call('GET', '/session/oidc');
    expect(status).toBe(303);
    return headers.get('location') ?? '';
  };
  const comeBack = async (browser: Browser, claims: Claims): Promise<Answer> =>
    browser.call('GET', pathOf(issuer.signIn(await begin(browser), claims)));
  const isIn = async (browser: Browser) => (await browser.call('GET', '/session')).status === 200;
  const invite = (email: string) =>
    call(management.byKey, 'POST', '/invitation', { body: { email, role: 'developer' } });

  it('is told of, sends the browser there by PKCE, and brings who is invited in, with their role', async () => {
    expect((await newBrowser().call('GET', '/session/ways')).body).toEqual({ password: true, oidc: true });
    const claims = newClaims();
    await invite(claims.email ?? '');
    const browser = newBrowser();
    const location = await begin(browser);
    expect(location).toMatch(new RegExp(`^${issuer.url}/authorize\\?.*code_challenge_method=S256`));
    expect(browser.lastSetCookies).toEqual([
      expect.stringMatching(/^keyward_oidc=.*; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    const back = await browser.call('GET', pathOf(issuer.signIn(location, claims)));
    expect(back.status).toBe(303);
    expect(back.headers.get('location')).toBe('http://keyward.example/');
    expect(browser.lastSetCookies).toContainEqual(expect.stringMatching(/^keyward_session=.*SameSite=Strict$/));
    expect(browser.cookies.has('keyward_oidc')).toBe(false);
    const { body } = await browser.call('GET', '/session');
    expect(body).toMatchObject({
      user: { email: claims.email },
      organizations: [{ id: management.organizationId, role: 'developer' }],
    });
    const again = newBrowser();
    await comeBack(again, { ...claims, email: `${uniqueName('renamed')}@example.test` });
    expect((await again.call('GET', '/session')).body.user.id).toBe(body.user.id);
  });

  it('is the account of who has one with that e-mail address', async () => {
    const browser = newBrowser();
    await comeBack(browser, newClaims({ email: management.owner.email }));
    expect((await browser.call('GET', '/session')).body.user.id).toBe(management.owner.userId);
  });

  describe('lets nobody in', () => {
    const refusedAs = async (claims: Claims, status: number, browser = newBrowser()) => {
      expect((await comeBack(browser, claims)).status).toBe(status);
      expect(await isIn(browser)).toBe(false);
    };

    it('who is not invited, or of another domain', async () => {
      const stranger = newClaims();
      await refusedAs(stranger, 403);
      const users = management.db
        .selectFrom('user')
        .select('id')
        .where('email', '=', stranger.email ?? '');
      expect(await users.execute()).toEqual([]);
      const foreign = newClaims({ email: `${uniqueName('person')}@evil.test` });
      await invite(foreign.email ?? '');
      await refusedAs(foreign, 403);
    });

    it('by an e-mail address that the issuer has not made sure of', async () => {
      for (const more of [{ email_verified: false }, {}])
        await refusedAs({ sub: uniqueName('sub'), email: management.owner.email, ...more }, 403);
      await refusedAs({ sub: uniqueName('sub') }, 403);
    });

    it('by an id token for another attempt, another client, of another issuer, or forged', async () => {
      for (const faults of [
        { nonce: 'another' },
        { audience: 'another' },
        { issuer: 'http://another.test' },
        { isForged: true } as const,
      ]) {
        issuer.faults = faults;
        await refusedAs(newClaims({ email: management.owner.email }), 401);
      }
    });

    it('who did not begin in this browser, or long ago, or twice', async () => {
      const claims = newClaims({ email: management.owner.email });
      const [one, other] = [newBrowser(), newBrowser()];
      const back = pathOf(issuer.signIn(await begin(one), claims));
      expect((await other.call('GET', back)).status).toBe(401);
      await begin(other);
      expect((await other.call('GET', back)).status).toBe(401);
      expect(await isIn(other)).toBe(false);
      const carried = one.cookies.get('keyward_oidc') ?? '';
      expect((await one.call('GET', back)).status).toBe(303);
      one.cookies.set('keyward_oidc', carried);
      expect((await one.call('GET', back)).status).toBe(401);
      const late = newBrowser();
      const lateBack = pathOf(issuer.signIn(await begin(late), claims));
      management.clock.advance(600_000);
      expect((await late.call('GET', lateBack)).status).toBe(401);
    });

    it('who was refused there', async () => {
      const browser = newBrowser();
      const state = new URL(await begin(browser)).searchParams.get('state');
      const path = `/session/oidc/callback?error=access_denied&state=${state}`;
      expect(await browser.call('GET', path)).toMatchObject({ status: 401, body: { error: 'UNAUTHENTICATED' } });
    });
  });

  it('is 503 while the issuer is away, and works again after that', async () => {
    await using own = await runManagement(await backend.url(), variables);
    issuer.faults = { status: 500 };
    expect(await newBrowser(own).call('GET', '/session/oidc')).toMatchObject({
      status: 503,
      body: { error: 'UNAVAILABLE' },
    });
    issuer.faults = {};
    const browser = newBrowser(own);
    const back = pathOf(issuer.signIn(await begin(browser), newClaims({ email: own.owner.email })));
    issuer.faults = { status: 500 };
    expect((await browser.call('GET', back)).status).toBe(503);
    issuer.faults = {};
    await comeBack(browser, newClaims({ email: own.owner.email }));
    expect(await isIn(browser)).toBe(true);
  });

  it('is our fault, and not theirs, where the issuer does not take our secret', async () => {
    await using mistaken = await management.another({ ...variables, OIDC_CLIENT_SECRET: 'another' });
    const browser = newBrowser(mistaken);
    const refused = await comeBack(browser, newClaims());
    expect(refused).toMatchObject({ status: 500, body: { error: 'INTERNAL' } });
    expect(JSON.stringify(refused.body)).not.toContain('OIDC');
    expect(management.logged()).toContain('invalid_client');
    expect(management.logged()).not.toContain(clientSecret);
  });

  it('makes whoever is new a member where the configuration says so', async () => {
    await using before = await runManagement(await backend.url(), variables);
    const { organizationId } = before;
    await using own = await before.another({ ...variables, OIDC_ORGANIZATION: organizationId, OIDC_ROLE: 'developer' });
    const browser = newBrowser(own);
    await comeBack(browser, newClaims());
    const { body } = await browser.call('GET', '/session');
    expect(body.organizations).toMatchObject([{ id: organizationId, role: 'developer' }]);
    const members = before.db.selectFrom('audit_event').select('action').where('action', '=', 'member.create');
    expect(await members.where('subject_id', '=', body.user.id).execute()).toHaveLength(1);
  });

  it('goes to no private address unless the operator allows it', async () => {
    const { OUTBOUND_ALLOWED_HOSTS: _, ...others } = variables;
    await using own = await runManagement(await backend.url(), others);
    expect((await newBrowser(own).call('GET', '/session/oidc')).status).toBe(503);
  });

  it('is nothing where no issuer is configured, and needs all of its variables', async () => {
    await using own = await runManagement(await backend.url());
    expect((await newBrowser(own).call('GET', '/session/ways')).body).toEqual({ password: true, oidc: false });
    expect((await newBrowser(own).call('GET', '/session/oidc')).status).toBe(404);
    const { PUBLIC_URL: _, ...others } = variables;
    await expect(runManagement(await backend.url(), others)).rejects.toThrow('OIDC_ISSUER needs');
  });
});
