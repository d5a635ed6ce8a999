import type { Role } from '@keyward/contract/access';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { Browser } from '@keyward/tests/platform/browser';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { readAllPostgres } from '@keyward/tests/platform/read-all-postgres';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { type Caller, call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const dayMs = 86_400_000;
const password = 'a long enough password';

describePostgresBackends('invitations', (backend) => {
  let management: Management;
  let owner: Caller;
  let nobody: Caller;

  beforeAll(async () => {
    management = await runManagement(await backend.url(), { PUBLIC_URL: 'https://keyward.example' });
    owner = management.byKey;
    nobody = { url: management.url, headers: {} };
  });
  afterAll(() => management?.[Symbol.asyncDispose]());

  const newEmail = () => `${uniqueName('person')}@example.test`;
  const invite = (email = newEmail(), role: Role = 'developer', caller = owner) =>
    call(caller, 'POST', '/invitation', { body: { email, role } });
  const register = (token: string, chosen = password) =>
    call(nobody, 'POST', '/invitation/register', { body: { token, password: chosen } });
  const accept = (caller: Caller, token: string) => call(caller, 'POST', '/invitation/accept', { body: { token } });
  const signIn = async (email: string) => {
    const browser = new Browser(management.url, { origin: 'https://keyward.example' });
    expect((await browser.signIn(email, password)).status).toBe(201);
    return browser;
  };
  const join = (role: Role) =>
    newMember(management.db, management, { organizationId: management.organizationId, role });
  const notOpen = { status: 404, body: { error: 'NOT_FOUND' } };

  it('let somebody new in, with the role, once', async () => {
    const email = newEmail();
    const made = await invite(email);
    const { token, link, id } = made.body;
    expect(made).toMatchObject({
      status: 201,
      body: { email, role: 'developer', status: 'open', invitedBy: management.owner.userId },
    });
    expect(link).toBe(`https://keyward.example/invitation#${token}`);
    expect(await register(token)).toMatchObject({
      status: 201,
      body: { email, role: 'developer', organization: { id: management.organizationId, name: 'e2e' } },
    });
    const session = await (await signIn(email)).call('GET', '/session');
    expect(session.body.organizations).toMatchObject([{ id: management.organizationId, role: 'developer' }]);
    expect(await register(token)).toMatchObject(notOpen);
    const read = await call(owner, 'GET', `/invitation/${id}`);
    expect(read.body).toMatchObject({ id, status: 'accepted' });
    expect(JSON.stringify(read.body)).not.toContain(token);
    const atRest = await readAllPostgres(management.db);
    for (const secret of [token, Buffer.from(token).toString('hex'), password]) expect(atRest).not.toContain(secret);
  });

  it('let in somebody who has an account elsewhere, if it is for their address', async () => {
    const elsewhere = await newOwner(management.db, management);
    const [self] = (await call(elsewhere, 'GET', '/member')).body.data;
    const { token } = (await invite(self.email.toUpperCase(), 'viewer')).body;
    expect(await register(token)).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    expect(await accept(await join('viewer'), token)).toMatchObject({ status: 403 });
    expect(await accept(elsewhere, token)).toMatchObject({ status: 200, body: { role: 'viewer' } });
    const headers = { 'x-keyward-organization': management.organizationId };
    expect((await call(elsewhere, 'GET', '/member', { headers })).status).toBe(200);
    expect((await call(elsewhere, 'GET', '/member')).status).toBe(400);
  });

  it('accepted again under the same Idempotency-Key are answered as before, and are no way back in', async () => {
    const elsewhere = await newOwner(management.db, management);
    const [self] = (await call(elsewhere, 'GET', '/member')).body.data;
    const { token } = (await invite(self.email)).body;
    const acceptOnce = (key: string) =>
      call(elsewhere, 'POST', '/invitation/accept', { body: { token }, headers: { 'idempotency-key': key } });
    const first = await acceptOnce('first');
    expect(first).toMatchObject({ status: 200, body: { role: 'developer' } });
    expect(await acceptOnce('first')).toMatchObject({ status: 200, body: first.body });
    expect(await acceptOnce('second')).toMatchObject(notOpen);
    expect((await call(owner, 'DELETE', `/member/${self.userId}`)).status).toBe(200);
    await acceptOnce('first');
    expect((await call(owner, 'GET', `/member/${self.userId}`)).status).toBe(404);
  });

  it('accepted twice at the same time let in one', async () => {
    const email = newEmail();
    const { token } = (await invite(email)).body;
    const answers = await Promise.all(Array.from({ length: 6 }, () => register(token)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const others = answers.filter(({ status }) => status !== 201);
    expect(others.every(({ status }) => status === 404 || status === 409)).toBe(true);
    expect((await call(owner, 'GET', `/member?email=${email}`)).body.pagination.total).toBe(1);
  });

  describe('that are not open', () => {
    it('because they were revoked, let nobody in', async () => {
      const { id, token } = (await invite()).body;
      expect((await call(owner, 'DELETE', `/invitation/${id}`)).body).toEqual({ success: true });
      expect(await register(token)).toMatchObject(notOpen);
      expect((await call(owner, 'DELETE', `/invitation/${id}`)).body).toEqual({ success: true });
    });

    it('because they expired, let nobody in, and make room for others', async () => {
      const email = newEmail();
      const { token } = (await invite(email)).body;
      management.clock.advance(7 * dayMs + 1);
      expect(await register(token)).toMatchObject(notOpen);
      const again = await invite(email);
      expect(again.status).toBe(201);
      expect((await register(again.body.token)).status).toBe(201);
    });

    it('because they never were, let nobody in', async () => {
      expect(await register('x'.repeat(43))).toMatchObject(notOpen);
      expect((await register('short')).status).toBe(400);
    });

    it('because they were accepted, are not revoked', async () => {
      const { id, token } = (await invite()).body;
      await register(token);
      expect((await call(owner, 'DELETE', `/invitation/${id}`)).status).toBe(409);
    });
  });

  it('stand once for an address, and not for who belongs to the organization', async () => {
    const email = newEmail();
    const first = await invite(email);
    const again = await invite(email.toUpperCase());
    expect(again).toMatchObject({ status: 409, body: { error: 'ALREADY_EXISTS', existingId: first.body.id } });
    const atOnce = newEmail();
    const answers = await Promise.all(Array.from({ length: 5 }, () => invite(atOnce)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await invite(management.owner.email)).toMatchObject({
      status: 409,
      body: { existingId: management.owner.userId },
    });
  });

  it('are made by admins, and to be an owner by owners only', async () => {
    const [admin, developer] = [await join('admin'), await join('developer')];
    expect((await invite(undefined, 'admin', admin)).status).toBe(201);
    for (const [caller, role] of [
      [admin, 'owner'],
      [developer, 'viewer'],
    ] as const) {
      const email = newEmail();
      expect(await invite(email, role, caller)).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
      expect((await call(owner, 'GET', `/invitation?email=${email}`)).body.data).toEqual([]);
    }
    expect((await invite(undefined, 'owner')).status).toBe(201);
  });

  it('want a password that is long enough, and not the address', async () => {
    const email = newEmail();
    const { token } = (await invite(email)).body;
    for (const bad of ['eleven char', 'x'.repeat(1_025), email, email.toUpperCase()])
      expect(await register(token, bad)).toMatchObject({ status: 400, body: { errors: [{ path: '/password' }] } });
    expect((await register(token, 'x'.repeat(1_024))).status).toBe(201);
  });

  it('are listed newest first, by status and by a part of the address', async () => {
    const [open, revoked] = [(await invite()).body, (await invite()).body];
    await call(owner, 'DELETE', `/invitation/${revoked.id}`);
    const ids = async (query: string) =>
      (await call(owner, 'GET', `/invitation?${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect((await ids('limit=2')).slice(0, 2)).toEqual([revoked.id, open.id]);
    expect((await ids('status=open&limit=1'))[0]).toBe(open.id);
    expect((await ids('status=revoked&limit=1'))[0]).toBe(revoked.id);
    expect(await ids(`email=${open.email.slice(1, -1).toUpperCase()}`)).toEqual([open.id]);
    expect((await call(owner, 'GET', '/invitation?status=lost')).status).toBe(400);
  });

  it('of another organization are unknown', async () => {
    const { id } = (await invite()).body;
    const stranger = await newOwner(management.db, management);
    const unknown = '01a1fad6-21e2-791f-b458-61dd10db3d59';
    for (const method of ['GET', 'DELETE']) {
      const [foreign, none] = [
        await call(stranger, method, `/invitation/${id}`),
        await call(stranger, method, `/invitation/${unknown}`),
      ];
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
    }
    expect((await call(owner, 'GET', `/invitation/${id}`)).body.status).toBe('open');
  });

  it('are on the record, without their token', async () => {
    const { id, token } = (await invite()).body;
    const { userId } = (await register(token)).body;
    const records = management.db.selectFrom('audit_event').select(['action', 'actor_id', 'diff']);
    const audited = await records.where('subject_id', 'in', [id, userId]).orderBy('seq').execute();
    expect(audited.map(({ action, actor_id }) => [action, actor_id])).toEqual([
      ['invitation.create', management.owner.userId],
      ['invitation.accept', userId],
      ['member.create', userId],
    ]);
    expect(JSON.stringify(audited)).not.toContain(token);
  });
});
