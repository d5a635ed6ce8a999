import type { Role } from '@keyward/contract/access';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { Browser } from '@keyward/tests/platform/browser';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { type Caller, call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describePostgresBackends('members', (backend) => {
  let management: Management;
  let owner: Caller;

  beforeAll(async () => {
    management = await runManagement(await backend.url());
    owner = management.byKey;
  });
  afterAll(() => management?.[Symbol.asyncDispose]());

  const join = (role: Role) =>
    newMember(management.db, management, { organizationId: management.organizationId, role });
  const give = (caller: Caller, userId: string, role: Role, headers = {}) =>
    call(caller, 'PUT', `/member/${userId}`, { body: { role }, headers });
  const remove = (caller: Caller, userId: string) => call(caller, 'DELETE', `/member/${userId}`);
  const roleOf = async (userId: string) => (await call(owner, 'GET', `/member/${userId}`)).body.role;
  const denials = async (userId: string) => {
    const denied = management.db.selectFrom('audit_event').select('action').where('outcome', '=', 'denied');
    return (await denied.where('actor_id', '=', userId).execute()).length;
  };
  const forbidden = { status: 403, body: { error: 'FORBIDDEN' } };

  it('are listed newest first, by role and by a part of the address', async () => {
    const [developer, viewer] = [await join('developer'), await join('viewer')];
    const list = (query: string) => call(viewer, 'GET', `/member?${query}`);
    const { body } = await list('limit=2');
    expect(body.data.map((member: { userId: string }) => member.userId)).toEqual([viewer.userId, developer.userId]);
    expect(body.pagination).toMatchObject({ page: 1, limit: 2 });
    const byRole = await list('role=developer');
    expect(byRole.body.data.every(({ role }: { role: string }) => role === 'developer')).toBe(true);
    const byEmail = await list(`email=${developer.email.slice(2, -3).toUpperCase()}`);
    expect(byEmail.body.data).toEqual([
      { userId: developer.userId, email: developer.email, role: 'developer', createdAt: expect.any(String) },
    ]);
    expect((await list('email=%25')).body.data).toEqual([]);
    for (const query of ['role=king', 'page=0', 'limit=101', 'more=1']) expect((await list(query)).status).toBe(400);
  });

  it('are changed by admins, with the entity tag if they like, and by nobody below', async () => {
    const [admin, developer, viewer] = [await join('admin'), await join('developer'), await join('viewer')];
    const etag = (await call(admin, 'GET', `/member/${viewer.userId}`)).headers.get('etag') ?? '';
    expect(await give(admin, viewer.userId, 'developer', { 'if-match': etag })).toMatchObject({
      status: 200,
      body: { userId: viewer.userId, role: 'developer' },
    });
    expect((await give(admin, viewer.userId, 'admin', { 'if-match': etag })).status).toBe(412);
    expect(await give(developer, viewer.userId, 'viewer')).toMatchObject(forbidden);
    expect(await remove(developer, viewer.userId)).toMatchObject(forbidden);
    expect(await roleOf(viewer.userId)).toBe('developer');
    expect(await denials(developer.userId)).toBe(2);
    expect((await call(admin, 'PUT', `/member/${viewer.userId}`, { body: { role: 'king', more: 1 } })).status).toBe(
      400,
    );
  });

  it('are made and unmade owners by owners only', async () => {
    const [admin, viewer] = [await join('admin'), await join('viewer')];
    const other = await join('owner');
    expect(await give(admin, viewer.userId, 'owner')).toMatchObject(forbidden);
    expect(await give(admin, other.userId, 'viewer')).toMatchObject(forbidden);
    expect(await remove(admin, other.userId)).toMatchObject(forbidden);
    expect(await denials(admin.userId)).toBe(3);
    expect([await roleOf(viewer.userId), await roleOf(other.userId)]).toEqual(['viewer', 'owner']);
    expect((await give(owner, viewer.userId, 'owner')).status).toBe(200);
    for (const { userId } of [viewer, other]) expect((await remove(owner, userId)).status).toBe(200);
  });

  describe('who are removed', () => {
    it('are refused on the next call, by key and by session', async () => {
      const admin = await join('admin');
      const browser = new Browser(management.url);
      await browser.signIn(admin.email, admin.password);
      expect((await browser.call('GET', '/member')).status).toBe(200);
      expect((await call(admin, 'GET', '/member')).status).toBe(200);
      expect((await remove(owner, admin.userId)).body).toEqual({ success: true });
      expect((await browser.call('GET', '/member')).status).toBe(403);
      expect((await call(admin, 'GET', '/member')).status).toBe(403);
      expect((await remove(owner, admin.userId)).status).toBe(404);
    });

    it('may have gone by themselves, but for the last owner', async () => {
      const viewer = await join('viewer');
      expect((await call(viewer, 'DELETE', '/member/me')).body).toEqual({ success: true });
      expect((await call(viewer, 'GET', '/member')).status).toBe(403);
      const lonely = await newOwner(management.db, management);
      expect(await call(lonely, 'DELETE', '/member/me')).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
      expect((await call(lonely, 'GET', '/member')).body.pagination.total).toBe(1);
    });
  });

  it('keep an owner among them, even when two owners unmake each other at the same time', async () => {
    for (const end of [
      (by: Caller, userId: string) => give(by, userId, 'viewer'),
      (by: Caller, userId: string) => remove(by, userId),
      (by: Caller) => call(by, 'DELETE', '/member/me'),
    ]) {
      const first = await newOwner(management.db, management);
      const [self] = (await call(first, 'GET', '/member')).body.data;
      const { id: organizationId } = await management.db
        .selectFrom('member')
        .select('organization_id as id')
        .where('user_id', '=', self.userId)
        .executeTakeFirstOrThrow();
      const second = await newMember(management.db, management, { organizationId, role: 'owner' });
      const answers = await Promise.all([end(first, second.userId), end(second, self.userId)]);
      expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
      const owners = management.db.selectFrom('member').select('user_id').where('organization_id', '=', organizationId);
      expect(await owners.where('role', '=', 'owner').execute()).toHaveLength(1);
    }
  });

  it('get a new session token when what they may do has changed', async () => {
    const developer = await join('developer');
    const browser = new Browser(management.url);
    await browser.signIn(developer.email, developer.password);
    const token = () => browser.cookies.get('keyward_session');
    const before = token();
    await browser.call('GET', '/session');
    expect(token()).toBe(before);
    await give(owner, developer.userId, 'admin');
    expect((await browser.call('GET', '/session')).body.organizations).toMatchObject([{ role: 'admin' }]);
    expect(token()).not.toBe(before);
    expect((await browser.call('GET', '/session')).status).toBe(200);
  });

  it('of another organization are unknown, and cannot be changed', async () => {
    const stranger = await newOwner(management.db, management);
    const viewer = await join('viewer');
    const unknown = '01a1fad6-21e2-791f-b458-61dd10db3d59';
    for (const ask of [
      (userId: string) => call(stranger, 'GET', `/member/${userId}`),
      (userId: string) => give(stranger, userId, 'admin'),
      (userId: string) => remove(stranger, userId),
    ]) {
      const [foreign, none] = [await ask(viewer.userId), await ask(unknown)];
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
    }
    expect(await roleOf(viewer.userId)).toBe('viewer');
  });

  it('are changed on the record', async () => {
    const viewer = await join('viewer');
    await give(owner, viewer.userId, 'developer');
    await remove(owner, viewer.userId);
    const audited = management.db
      .selectFrom('audit_event')
      .select(['action', 'actor_id', 'diff'])
      .where('subject_id', '=', viewer.userId);
    const diff = { before: { role: 'viewer' }, after: { role: 'developer' } };
    expect(await audited.orderBy('seq').execute()).toEqual([
      { action: 'member.change', actor_id: management.owner.userId, diff: JSON.stringify(diff) },
      { action: 'member.delete', actor_id: management.owner.userId, diff: expect.stringContaining(viewer.email) },
    ]);
  });
});
