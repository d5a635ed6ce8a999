import { createHash } from 'node:crypto';
import type { AuditExportLine } from '@keyward/contract/routes/audit';
import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import type { AuditRow } from '@keyward/stores/postgres/read-audit';
import { verifyAudit } from '@keyward/stores/postgres/verify-audit';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { actingIn } from '@keyward/tests/matrix/credential';
import type { Place } from '@keyward/tests/matrix/route-row';
import { newMember } from '@keyward/tests/platform/new-person';
import { createEnvironment } from '@keyward/tests/platform/prepare-installation';
import { newClient, runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describeStacks('the audit', (stack) => {
  const own = new AsyncDisposableStack();
  let platform: TestPlatform;
  let db: Database;
  let place: Place;
  let owner: Caller;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
    owner = actingIn(platform.owner, platform);
  });
  beforeEach(async () => {
    const { organizationId, secrets } = platform;
    place = { db, owner, organizationId, secrets, environment: await createEnvironment(owner) };
  });
  afterEach(async () => {
    expect((await verifyAudit(db, { organizationId: platform.organizationId })).fault).toBeNull();
  });
  afterAll(() => own.disposeAsync());

  const last = async (): Promise<number> => (await records(0)).at(-1)?.seq ?? 0;
  const records = (after: number): Promise<AuditRow[]> =>
    db
      .selectFrom('audit_event')
      .selectAll()
      .where('organization_id', '=', platform.organizationId)
      .where('seq', '>', after)
      .orderBy('seq')
      .execute();

  it('tells what was there before and what is there now, of what differs, and no secret', async () => {
    const client = await newClient(place.environment, { scopes: ['read'] });
    const body = { name: 'Renamed', keys: [{ name: 'second' }] };
    const changed = await call(place.environment, 'PUT', `/client/${client.id}`, { body });
    const [created, record] = await db
      .selectFrom('audit_event')
      .selectAll()
      .where('subject_id', '=', client.id)
      .orderBy('seq')
      .execute();
    const { environmentId, ...diff } = { ...JSON.parse(record?.diff ?? ''), environmentId: record?.environment_id };
    expect(created).toMatchObject({ action: 'client.create', environment_id: environmentId });
    expect(JSON.parse(created?.diff ?? '')).not.toHaveProperty('before');
    expect(record).toMatchObject({ action: 'client.change', actor_kind: 'server-key' });
    expect(Object.keys(diff.before).toSorted()).toEqual(['keys', 'name']);
    expect(diff.after.name).toBe('Renamed');
    expect(diff.before.keys).toHaveLength(1);
    expect(diff.after.keys.map((key: { name: string }) => key.name)).toEqual(['first', 'second']);
    expect(diff.after.keys[1].key).toBe('[redacted]');
    const raw = changed.body.keys[1].key;
    const all = JSON.stringify(await records(0));
    for (const secret of [raw, client.key, place.environment.serverKey, place.environment.signingSecret])
      expect(all).not.toContain(secret);
  });

  it('forgets what it told of a client that is deleted, and not that it was there', async () => {
    const client = await newClient(place.environment);
    const { organizationId } = platform;
    await call(place.environment, 'PUT', `/client/${client.id}`, { body: { name: 'Jane Doe', metadata: { a: 1 } } });
    await call(place.environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
    await call(place.environment, 'DELETE', `/client/${client.id}`);
    const found = await db
      .selectFrom('audit_event')
      .select(['action', 'diff'])
      .where('subject_id', 'in', [client.id, client.keyId])
      .orderBy('seq')
      .execute();
    expect(found.map(({ action }) => action)).toEqual([
      'client.create',
      'client.change',
      'key.revoke',
      'client.delete',
    ]);
    expect(found.slice(0, 3).map(({ diff }) => diff)).toEqual([null, null, null]);
    expect(JSON.parse(found[3]?.diff ?? '')).toEqual({ before: { keys: [{ id: client.keyId }] } });
    expect(JSON.stringify(await records(0))).not.toContain('Jane Doe');
    expect((await verifyAudit(db, { organizationId })).fault).toBeNull();
  });

  it('has one record of a denied write, and none of a denied read or a call that failed', async () => {
    const viewer = await newMember(db, platform, { organizationId: platform.organizationId, role: 'viewer' });
    const { projectEnv } = place.environment;
    const before = await last();
    const denied = await call(viewer, 'POST', `/client?project_env=${projectEnv}`, { body: { name: 'x' } });
    expect(denied.status).toBe(403);
    const [record, ...others] = await records(before);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      ...{ action: 'call.denied', outcome: 'denied', actor_kind: 'user', diff: null },
      ...{ subject_kind: 'route', subject_id: 'POST /api/v1/client', request_id: denied.body.requestId },
    });
    const failing = [
      call(viewer, 'GET', '/audit'),
      call(place.environment, 'POST', '/client', { body: { name: '' } }),
      call(place.environment, 'PUT', `/client/${newId()}`, { body: { name: 'x' } }),
      call(place.environment, 'PUT', '/settings', { body: { hops: 1 }, headers: { 'if-match': '"stale"' } }),
    ];
    expect((await Promise.all(failing)).map(({ status }) => status)).toEqual([403, 400, 404, 412]);
    expect(await last()).toBe(record?.seq);
  });

  it('has what Keyward does by itself, as its own', async () => {
    const { environment } = place;
    await call(environment, 'POST', '/template', { body: { name: 't' } });
    const before = await last();
    const key = signKey(environment.signingSecret, { tid: 'self-made' });
    expect((await validatePlain(environment, { key })).body.success).toBe(true);
    await expect
      .poll(async () => (await records(before)).map((record) => [record.actor_kind, record.actor_id, record.action]), {
        timeout: 60_000,
      })
      .toEqual([
        ['system', null, 'client.register'],
        ['system', null, 'key.register'],
      ]);
  });

  describe('is read', () => {
    const audit = (query: Record<string, string>, caller = owner) =>
      call(caller, 'GET', `/audit?${new URLSearchParams(query)}`);
    const actions = async (query: Record<string, string>) =>
      (await audit(query)).body.data.map(({ action }: { action: string }) => action);

    it('newest first, by who, what, to whom, where, when and with what outcome', async () => {
      const before = new Date().toISOString();
      const developer = await newMember(db, platform, { organizationId: platform.organizationId, role: 'developer' });
      const { projectEnv } = place.environment;
      const client = await newClient(place.environment);
      const renamed = await call(developer, 'PUT', `/client/${client.id}?project_env=${projectEnv}`, {
        body: { name: 'Renamed' },
      });
      expect(renamed.status).toBe(200);
      await call(developer, 'POST', `/dead-letter/replay?project_env=${projectEnv}`);
      expect(await actions({ project_env: projectEnv })).toEqual(['client.change', 'client.create']);
      expect(await actions({ subject: client.id })).toEqual(['client.change', 'client.create']);
      expect(await actions({ subject: client.id, action: 'client.create' })).toEqual(['client.create']);
      const [change] = (await audit({ subject: client.id })).body.data;
      expect(change).toMatchObject({
        actor: { kind: 'user', id: expect.any(String) },
        subject: { kind: 'client', id: client.id },
        diff: { before: { name: expect.any(String) }, after: { name: 'Renamed' } },
      });
      expect(await actions({ actor: change.actor.id })).toEqual(['call.denied', 'client.change']);
      expect(await actions({ actor: change.actor.id, outcome: 'denied' })).toEqual(['call.denied']);
      expect(await actions({ subject: client.id, to: before })).toEqual([]);
      expect(await actions({ subject: client.id, from: before })).toHaveLength(2);
    });

    it('by an id, in whichever letters whoever made the change or looks for it has spelt it', async () => {
      const { organizationId } = platform;
      const { userId } = await newMember(db, platform, { organizationId, role: 'viewer' });
      const inCapitals = actingIn(platform.owner, { organizationId: organizationId.toUpperCase() });
      const asked = ['PUT', `/member/${userId.toUpperCase()}`, { body: { role: 'developer' } }] as const;
      expect((await call(inCapitals, ...asked)).status).toBe(200);
      for (const subject of [userId, userId.toUpperCase()])
        expect(await actions({ subject })).toEqual(['member.change']);
    });

    it('of an environment that was deleted, by its id', async () => {
      const { projectEnv } = await platform.newEnvironment();
      await call(owner, 'POST', `/client?project_env=${projectEnv}`, { body: { name: 'c' } });
      const { id } = (await call(owner, 'GET', `/project/${projectEnv}`)).body.env;
      await call(owner, 'DELETE', `/project/${projectEnv}?forceDelete=true`);
      expect((await audit({ project_env: projectEnv })).status).toBe(404);
      expect(await actions({ environment: id.toUpperCase() })).toEqual(
        expect.arrayContaining(['environment.delete', 'client.create']),
      );
      expect(await actions({ environment: newId() })).toEqual([]);
      const both = { environment: id, project_env: place.environment.projectEnv };
      expect(await audit(both)).toMatchObject({ status: 400, body: { errors: [{ path: '/environment' }] } });
    });

    it('in parts, of which none shows a record twice', async () => {
      for (let i = 0; i < 5; i += 1) await newClient(place.environment);
      const query = { project_env: place.environment.projectEnv, limit: '2' };
      const seen: number[] = [];
      let cursor: string | null | undefined;
      do {
        const { body } = await audit({ ...query, ...(cursor ? { cursor } : {}) });
        seen.push(...body.data.map(({ seq }: { seq: number }) => seq));
        cursor = body.nextCursor;
        await newClient(place.environment);
      } while (cursor);
      expect(seen).toHaveLength(5);
      expect(seen).toEqual(seen.toSorted((a, b) => b - a));
      expect(new Set(seen).size).toBe(5);
    });

    it.each([
      ['limit=0', '/limit'],
      ['action=everything', '/action'],
      ['outcome=maybe', '/outcome'],
      ['actor=me', '/actor'],
      ['cursor=x', '/cursor'],
      ['from=2026-02-30T00:00:00Z', '/from'],
      ['from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z', '/from'],
      ['colour=red', '/colour'],
    ])('and refuses %s', async (query, path) => {
      const answer = await call(owner, 'GET', `/audit?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT', errors: [{ path }] } });
    });

    it('as a whole, in lines that prove themselves, through the gateway as well', async () => {
      await newClient(place.environment);
      for (const url of [platform.url, platform.adminUrl]) {
        const response = await fetch(`${url}/api/v1/audit/export`, { headers: owner.headers });
        expect(response.headers.get('content-type')).toBe('application/x-ndjson');
        const lines = (await response.text()).trimEnd().split('\n');
        const exported = lines.map((line) => JSON.parse(line) as AuditExportLine);
        expect(exported.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
        expect(exported).toHaveLength(await last());
        let previous = '0'.repeat(64);
        for (const line of exported) {
          expect(line.previousHash).toBe(previous);
          expect(hashOf(line)).toBe(line.hash);
          if (line.diff !== null) expect(sha256(line.diff)).toBe(line.diffHash);
          previous = line.hash;
        }
      }
      const { projectEnv } = place.environment;
      const part = await fetch(`${platform.url}/api/v1/audit/export?project_env=${projectEnv}`, {
        headers: owner.headers,
      });
      const [line] = (await part.text()).split('\n').map((text) => text && JSON.parse(text));
      expect(line).toMatchObject({ action: 'client.create', hash: hashOf(line) });
      const foreign = await call(owner, 'GET', '/audit/export?project_env=no-such');
      expect(foreign).toMatchObject({ status: 404, body: { error: 'NOT_FOUND' } });
    });
  });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** As the documentation says, and nothing of our code. */
function hashOf(line: AuditExportLine): string {
  const { previousHash, organizationId, seq, id, at, actor, action, outcome, subject } = line;
  const where = [line.environmentId, line.requestId, line.diffHash];
  const who = [actor.kind, actor.id, action, outcome, subject.kind, subject.id];
  return sha256(JSON.stringify([previousHash, organizationId, seq, id, at, ...who, ...where]));
}
