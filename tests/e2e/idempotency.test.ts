import { createHash } from 'node:crypto';
import { Projector } from '@keyward/admin-api/projection/projector';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { newMember } from '@keyward/tests/platform/new-person';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Answer, type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

const newClient = () => ({ name: uniqueName('c'), keys: [{ name: 'k' }] });

describeStacks('a create with an Idempotency-Key', (stack) => {
  const own = new AsyncDisposableStack();
  let platform: TestPlatform;
  let db: Database;
  let environment: TestEnvironment;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => own.disposeAsync());

  const post = (key: string, body: unknown, { path = '/client', caller = environment as Caller } = {}) =>
    call(caller, 'POST', path, { body, headers: { 'idempotency-key': key } });
  const total = async () => (await call(environment, 'GET', '/client')).body.pagination.total;
  const validated = async ({ body }: Answer) => (await validatePlain(environment, { key: body.keys[0].key })).body;

  it('is made once, and answered again as it was: the status, the id, the raw key', async () => {
    const body = newClient();
    const first = await post('once', body);
    const again = await post('once', body);
    expect(first).toMatchObject({ status: 201, body: { keys: [{ key: expect.any(String) }] } });
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(await total()).toBe(1);
    expect(await validated(again)).toMatchObject({ success: true });
    const kept = { ...body, keys: [] };
    const upserted = await post('kept', kept, { path: '/client?upsert=true' });
    expect([upserted.status, (await post('kept', kept, { path: '/client?upsert=true' })).status]).toEqual([200, 200]);
  });

  it('is made once, however many come at the same time, and leaves one record', async () => {
    const body = newClient();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('at once', body).catch(() => undefined)));
    expect(answers[0]?.status).toBe(400);
    const same = await Promise.all(Array.from({ length: 10 }, () => post('at-once', body)));
    expect(new Set(same.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
    expect(same[0]?.status).toBe(201);
    expect(await total()).toBe(1);
    const { body: made } = same[0] as Answer;
    const records = await db.selectFrom('audit_event').select('action').where('subject_id', '=', made.id).execute();
    expect(records).toEqual([{ action: 'client.create' }]);
  });

  it('is refused when the key was used for something else', async () => {
    const body = newClient();
    await post('mine', body);
    for (const other of [post('mine', newClient()), post('mine', body, { path: '/client?upsert=true' })])
      expect(await other).toMatchObject({ status: 422, body: { error: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await total()).toBe(1);
  });

  it('is another when another has the same key', async () => {
    const body = newClient();
    const path = `/client?project_env=${environment.projectEnv}`;
    const { organizationId } = platform;
    const others = [await newMember(db, platform, { organizationId, role: 'developer' }), platform.owner];
    const answers = [await post('same', body)];
    for (const caller of others) answers.push(await post('same', body, { path, caller }));
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(3);
  });

  it('is made anew after 24 hours, and not before', async () => {
    const body = newClient();
    const first = await post('daily', body);
    const age = async (hours: number) => {
      const created_at = new Date(Date.now() - hours * 3_600_000);
      await db.updateTable('idempotent_answer').set({ created_at }).where('key', '=', 'daily').execute();
    };
    await age(23.9);
    expect((await post('daily', body)).body.id).toBe(first.body.id);
    await age(24.1);
    const second = await post('daily', body);
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
    expect((await post('daily', body)).body).toEqual(second.body);
    await age(24.1);
    expect((await post('daily', newClient())).status).toBe(201);
  });

  it('that fails is not remembered', async () => {
    const taken = (await call(environment, 'POST', '/template', { body: { name: 'gold' } })).body;
    const refused = await post('again', { name: 'gold' }, { path: '/template' });
    expect(refused).toMatchObject({ status: 409, body: { error: 'ALREADY_EXISTS', existingId: taken.id } });
    await call(environment, 'PUT', `/template/${taken.id}`, { body: { name: 'silver' } });
    expect(await post('again', { name: 'gold' }, { path: '/template' })).toMatchObject({
      status: 201,
      body: { name: 'gold' },
    });
    expect((await post('invalid', { name: '' }, { path: '/template' })).status).toBe(400);
    expect((await post('invalid', { name: 'bronze' }, { path: '/template' })).status).toBe(201);
  });

  it('reaches the validators by its repetition, when the first died between its commit and that', async () => {
    const body = newClient();
    const publish = vi.spyOn(Projector.prototype, 'publish').mockRejectedValueOnce(new Error('died'));
    const died = await post('crashed', body);
    expect(died.status).toBe(500);
    expect(publish).toHaveBeenCalledTimes(1);
    publish.mockRestore();
    const notes = () => db.selectFrom('config_outbox').select('id').execute();
    expect((await notes()).length).toBeGreaterThan(0);
    const again = await post('crashed', body);
    expect(again.status).toBe(201);
    expect(again.body).not.toHaveProperty('propagation');
    expect(await validated(again)).toMatchObject({ success: true });
    expect(await notes()).toEqual([]);
    expect(await total()).toBe(1);
  });

  it('leaves no raw key at rest', async () => {
    const { body } = await post('sealed', newClient());
    const rows = await db.selectFrom('idempotent_answer').selectAll().execute();
    const kept = rows.map(({ sealed, ...row }) => JSON.stringify(row) + Buffer.from(sealed ?? []).toString('latin1'));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.join()).not.toContain(body.keys[0].key);
    expect(kept.join()).not.toContain(body.name);
  });

  it('leaves nothing by which a secret of its body could be guessed without the pepper', async () => {
    const body = newClient();
    await post('guessed', body);
    const row = db.selectFrom('idempotent_answer').select('fingerprint').where('key', '=', 'guessed');
    const { fingerprint } = await row.executeTakeFirstOrThrow();
    const asked = ['/api/v1/client', undefined, body].map((part) => JSON.stringify(part) ?? '').join('\n');
    const plain = createHash('sha256').update(asked).digest();
    const digestUnder = (pepper: string) =>
      keyDigest({ pepper: Buffer.from(pepper), domain: 'request', canonical: asked });
    expect(plain.equals(fingerprint)).toBe(false);
    expect(digestUnder('another pepper of thirty-two bytes').equals(fingerprint)).toBe(false);
    expect(digestUnder(platform.secrets.pepper).equals(fingerprint)).toBe(true);
  });

  const keptOf = (key: string) =>
    db.selectFrom('idempotent_answer').select(['sealed', 'subject_ids']).where('key', '=', key).executeTakeFirst();
  const erased = { sealed: null, subject_ids: [] };

  it.each<[path: string, body: object, remove: (made: Answer['body']) => string]>([
    ['/client', newClient(), ({ id }) => `/client/${id}`],
    ['/client', newClient(), ({ keys: [key] }) => `/key/${key.id}`],
    ['/key', { name: 'alone' }, ({ id }) => `/key/${id}`],
    ['/key/bulk', { items: [{ name: 'a' }, { name: 'b' }] }, ({ data: [, key] }) => `/key/${key.id}`],
    [
      '/project',
      { slug: uniqueName('p'), name: 'P', envs: [{ type: 'production' }] },
      ({ slug }) => `/project/${slug}`,
    ],
    ['/organization', { name: uniqueName('o') }, ({ id }) => `/organization/${id}`],
  ])('to %s is neither answered nor made again once what it made was deleted', async (path, body, remove) => {
    const caller: Caller = path === '/project' || path === '/organization' ? platform.owner : environment;
    const key = uniqueName('deleted');
    const made = await post(key, body, { path, caller });
    expect(made.status).toBe(201);
    expect((await keptOf(key))?.sealed).not.toBeNull();
    expect((await call(caller, 'DELETE', remove(made.body))).status).toBe(200);
    expect(await keptOf(key)).toEqual(erased);
    const again = await post(key, body, { path, caller });
    expect(again).toMatchObject({ status: 404, body: { error: 'NOT_FOUND' } });
    expect(again.body.message).toContain('deleted since');
  });

  it('leaves nothing behind in an environment that was deleted', async () => {
    expect((await post('in-environment', newClient())).status).toBe(201);
    await call(platform.owner, 'DELETE', `/project/${environment.projectEnv}?forceDelete=true`);
    expect(await keptOf('in-environment')).toEqual(erased);
  });

  it('is answered again although something of the same id was deleted elsewhere', async () => {
    const other = await platform.newEnvironment();
    const there = (await call(other, 'POST', '/client', { body: newClient() })).body;
    const body = { ...newClient(), metadata: { id: there.id, clientId: there.id } };
    const first = await post('beside', body);
    expect((await call(other, 'DELETE', `/client/${there.id}`)).status).toBe(200);
    expect((await post('beside', body)).body).toEqual(first.body);
  });

  it.each(['', 'with space', 'x'.repeat(256), 'ü'])('refuses the key %j', async (key) => {
    const answer = await post(key, newClient());
    expect(answer).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } });
    expect(await total()).toBe(0);
  });
});
