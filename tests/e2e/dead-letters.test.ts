import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Answer, type Caller, call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('dead letters', (stack) => {
  const own = new AsyncDisposableStack();
  let platform: TestPlatform;
  let db: Database;
  let organizationId: string;
  let environment: TestEnvironment;
  let environmentId: string;
  let offset = 0;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
  });
  beforeEach(async () => {
    await db.deleteFrom('event_dead').execute();
    environment = await platform.newEnvironment();
    const { body } = await call(platform.owner, 'GET', `/project/${environment.projectEnv}`);
    organizationId = body.team.id;
    environmentId = body.env.id;
  });
  afterAll(() => own.disposeAsync());

  /** Buries one, each a second after the one before. */
  async function bury(value: string | Buffer, of: string | null = environmentId): Promise<string> {
    const id = newId();
    const place = { log_id: `of the test ${stack.name}`, partition: 0, log_offset: offset++ };
    const created_at = new Date(Date.UTC(2026, 10, 20) + offset * 1_000);
    const what = { reason: 'not of this world', value: Buffer.from(value), environment_id: of };
    await db
      .insertInto('event_dead')
      .values({ id, ...place, ...what, created_at })
      .execute();
    return id;
  }
  const list = (query = '', caller: Caller = environment) => call(caller, 'GET', `/dead-letter?${query}`);
  const ofIt = (query = '') => `project_env=${environment.projectEnv}&${query}`;
  const replay = (id: string, query = ofIt(), caller: Caller = platform.owner) =>
    call(caller, 'POST', `/dead-letter/${id}/replay?${query}`);
  const idsOf = ({ body }: Answer) => body.data.map(({ id }: { id: string }) => id);
  const member = (role: 'admin' | 'developer' | 'viewer') => newMember(db, platform, { organizationId, role });
  const replayAtOf = async (id: string) =>
    (await db.selectFrom('event_dead').select('replay_at').where('id', '=', id).executeTakeFirst())?.replay_at;

  it('are shown to those who read their environment, newest first, with what they hold', async () => {
    const event = { id: newId(), verdict: 'ALLOWED', ip: '203.0.113.7' };
    const first = await bury(JSON.stringify(event));
    const second = await bury('{"half');
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body.pagination).toEqual({ total: 2, page: 1, limit: 10, pages: 1 });
    const common = {
      createdAt: expect.stringMatching(/Z$/),
      reason: 'not of this world',
      type: 'keyward.validation.v1',
      ...{ attempts: 1, eventId: null, replayAt: null, cut: false },
    };
    const size = Buffer.byteLength(JSON.stringify(event));
    expect(body.data).toEqual([
      { id: second, ...common, sizeBytes: 6, data: null, text: '{"half' },
      { id: first, ...common, sizeBytes: size, data: event, text: null },
    ]);
    expect(idsOf(await list('limit=1&page=2'))).toEqual([first]);
    expect(idsOf(await list(ofIt(), await member('viewer')))).toEqual([second, first]);
  });

  it('tell nobody the digest of a key', async () => {
    await bury(JSON.stringify({ signedKey: { digest: 'c2VjcmV0', tenant: 'Acme' } }));
    expect((await list()).body.data).toMatchObject([{ data: { signedKey: { tenant: 'Acme' } }, text: null }]);
    expect(JSON.stringify(await list())).not.toContain('c2VjcmV0');
  });

  it('are cut where they are long, and shown as text where they are none', async () => {
    await bury(JSON.stringify({ long: 'x'.repeat(70_000) }));
    await bury(Buffer.from([0xff, 0x00, 0x41]));
    const [bytes, long] = (await list()).body.data;
    expect(bytes).toMatchObject({ data: null, text: '\ufffd\0A', cut: false, sizeBytes: 3 });
    expect(long).toMatchObject({ data: null, cut: true, sizeBytes: 70_011 });
    expect(long.text).toHaveLength(65_536);
  });

  it('are tried again when an admin or owner asks for it, one or all', async () => {
    const ids = [await bury('1'), await bury('2'), await bury('3')] as const;
    const asked = await replay(ids[0], ofIt(), await member('admin'));
    expect(asked).toMatchObject({ status: 202, body: { id: ids[0] } });
    expect(Date.parse(asked.body.replayAt)).toBeGreaterThan(Date.now() - 60_000);
    expect(await replayAtOf(ids[1])).toBeNull();
    const all = await call(platform.owner, 'POST', `/dead-letter/replay?${ofIt()}`);
    expect(all.status).toBe(202);
    expect(all.body.requested).toBeGreaterThanOrEqual(2);
  });

  it('are not tried again for a server key, a developer, a viewer or a stranger', async () => {
    const id = await bury('1');
    const stranger = await newOwner(db, platform);
    const answers = [
      [environment, 403],
      [await member('developer'), 403],
      [await member('viewer'), 403],
      [stranger, 404],
      [{ url: platform.url, headers: {} }, 401],
    ] as const;
    for (const [caller, status] of answers) {
      expect((await replay(id, ofIt(), caller)).status).toBe(status);
      expect((await call(caller, 'POST', `/dead-letter/replay?${ofIt()}`)).status).toBe(status);
    }
    expect(await replayAtOf(id)).toBeNull();
    await db.deleteFrom('member').where('organization_id', '!=', organizationId).execute();
    await db.deleteFrom('organization').where('id', '!=', organizationId).execute();
  });

  it('of another environment are unknown ones', async () => {
    const id = await bury('1');
    const other = await platform.newEnvironment();
    const named = `project_env=${other.projectEnv}`;
    expect(idsOf(await list('', other))).toEqual([]);
    expect(idsOf(await list(named, platform.owner))).toEqual([]);
    const plain = ({ status, body }: Answer) => ({ status, ...body, requestId: '' });
    const foreign = await replay(id, named);
    expect(foreign).toMatchObject({ status: 404, body: { error: 'NOT_FOUND' } });
    expect(plain(foreign)).toEqual(plain(await replay(newId(), named)));
    expect((await call(platform.owner, 'POST', `/dead-letter/replay?${named}`)).body).toEqual({ requested: 0 });
    expect(await replayAtOf(id)).toBeNull();
  });

  it('of no environment that is there are for the operator alone', async () => {
    const [known, unread, ofNobody] = [await bury('1'), await bury('2', null), await bury('3', newId())];
    expect(idsOf(await list('', platform.owner))).toEqual([ofNobody, unread]);
    expect(idsOf(await list('', await member('admin')))).toEqual([ofNobody, unread]);
    expect((await list('', await member('developer'))).status).toBe(403);
    expect(idsOf(await list())).toEqual([known]);
    expect((await replay(known, '')).status).toBe(404);
    const stranger = await newOwner(db, platform);
    // With two organizations nobody is the operator until the configuration says who.
    for (const caller of [platform.owner, stranger]) {
      const refused = await list('', caller);
      expect(refused).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
      expect(refused.body.message).toContain('OPERATOR_ORGANIZATION');
      expect((await replay(unread, '', caller)).status).toBe(403);
    }
    await db.deleteFrom('member').where('organization_id', '!=', organizationId).execute();
    await db.deleteFrom('organization').where('id', '!=', organizationId).execute();
    expect((await replay(unread, '')).status).toBe(202);
  });

  it.each(['limit=101', 'page=0', 'cursor=x'])('refuse %s and name it', async (query) => {
    const errors = [{ path: `/${query.split('=')[0]}` }];
    expect(await list(query)).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT', errors } });
  });
});
