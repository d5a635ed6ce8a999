import { createHash, randomBytes } from 'node:crypto';
import { webhookEventTypes } from '@keyward/contract/webhook-event';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { WebhookReceiver } from '@keyward/tests/platform/webhook-receiver';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

const dayMs = 86_400_000;

/** Expiries are looked for now and then, and are told of in tests of their own. */
const events = webhookEventTypes.filter((type) => type !== 'key.expiring' && type !== 'key.expired');

interface Told {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

describeStacks('webhooks are told', (stack) => {
  const own = new AsyncDisposableStack();
  let platform: TestPlatform;
  let db: Database;
  let receiver: WebhookReceiver;
  let environment: TestEnvironment;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls, { outboundAllowedHosts: '127.0.0.1' }));
    db = own.use(await openDatabase(urls.postgres)).db;
  });
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    environment = await platform.newEnvironment();
    await subscribe(environment.projectEnv);
  });
  afterEach(() => receiver[Symbol.asyncDispose]());
  afterAll(() => own.disposeAsync());

  const subscribe = (projectEnv: string) =>
    call(platform.owner, 'POST', `/webhook?project_env=${projectEnv}`, { body: { url: receiver.url, events } });
  const send = async (method: string, path: string, body?: unknown, caller = environment) => {
    const answer = await call(caller, method, path, { body });
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: expect.toSatisfy((it) => it < 300) });
    return answer.body;
  };
  const post = (path: string, body?: unknown) => send('POST', path, body);
  const told = (): Told[] => receiver.received.map(({ body }) => JSON.parse(body));
  /** All that is told, once it is this much. */
  const untilTold = async (types: readonly string[]) => {
    await waitUntil(() => receiver.received.length >= types.length, {
      what: `${types.length} events; there are ${receiver.types()}`,
      timeoutMs: 20_000,
    });
    expect(receiver.types().toSorted()).toEqual(types.toSorted());
    return (type: string) => told().filter((event) => event.type === type);
  };

  it('of a key that is deleted, and of the client that it alone had', async () => {
    const alone = await post('/key', { name: 'alone' });
    const ofClient = await newClient(environment);
    await send('DELETE', `/key/${alone.id}`);
    await send('DELETE', `/key/${ofClient.keyId}`);
    const made = ['client.created', 'key.created'];
    const of = await untilTold([...made, ...made, 'key.deleted', 'client.deleted', 'key.deleted']);
    expect(of('key.deleted').map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        { environmentId: expect.any(String), clientId: alone.clientId, keyId: alone.id },
        { environmentId: expect.any(String), clientId: ofClient.id, keyId: ofClient.keyId },
      ]),
    );
    expect(of('client.deleted')[0]?.data).toMatchObject({ clientId: alone.clientId });
    const bodies = receiver.received.map(({ body }) => body).join();
    for (const secret of [alone.key, ofClient.key, 'alone']) expect(bodies).not.toContain(secret);
  });

  it('of imported keys and the clients that are made for them, with what is refused of them', async () => {
    const digest = () => createHash('sha256').update(randomBytes(32)).digest('hex');
    const clientName = uniqueName('Acme');
    const [first, second] = [digest(), digest()];
    const items = [
      { digest: first, name: 'a', clientName, expiresAt: '2099-01-01T00:00:00Z' },
      { digest: digest(), name: 'b', clientName, status: 'revoked' },
      { digest: second, name: 'c', status: 'disabled' },
    ];
    const { data } = await post('/key/import', { items });
    await post('/key/import', { items: [{ digest: first, name: 'again' }] });
    const of = await untilTold([
      ...Array(2).fill('client.created'),
      ...Array(3).fill('key.created'),
      'key.revoked',
      'key.disabled',
    ]);
    expect(of('key.created').map((event) => event.data.keyId)).toEqual(
      expect.arrayContaining(data.map(({ id }: { id: string }) => id)),
    );
    const ends = new Map(of('key.created').map((event) => [event.data.keyId, event.data.expiresAt]));
    expect(ends.get(data[0].id)).toBe('2099-01-01T00:00:00.000Z');
    expect(of('key.revoked')[0]?.data.keyId).toBe(data[1].id);
    expect(of('key.disabled')[0]?.data.keyId).toBe(data[2].id);
  });

  it('of a key that is rotated: until when both work, or that the old one does not any more', async () => {
    const key = await post('/key', { name: 'k' });
    const second = await post(`/key/${key.id}/rotate`, { overlapSeconds: 3_600 });
    const third = await post(`/key/${second.id}/rotate`, {});
    const endsAt = (await send('GET', `/key/${key.id}`)).expiresAt;
    const of = await untilTold(['client.created', 'key.created', 'key.rotated', 'key.rotated']);
    expect(of('key.rotated').map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ keyId: key.id, successorId: second.id, overlapEndsAt: endsAt }),
        expect.objectContaining({ keyId: second.id, successorId: third.id, overlapEndsAt: null }),
      ]),
    );
  });

  it('of a rotation that is due, that is claimed, and that is claimed anew', async () => {
    const client = await newClient(environment);
    const expiresAt = new Date(Date.now() + 2 * dayMs).toISOString();
    const key = await post('/key', { name: 'k', clientId: client.id, autoRotate: true, expiresAt });
    const created_at = new Date(Date.now() - 28 * dayMs); // nothing but time changes it
    const row = db.updateTable('api_key').set({ created_at } as never);
    await row.where('id', '=', key.id).execute();
    const due = await waitUntil(async () => (await send('GET', `/client/${client.id}/rotations`)).data[0], {
      what: 'the rotation to be due',
      timeoutMs: 40_000,
    });
    const claim = (body: object) => post(`/client/${client.id}/rotations/${due.id}/claim`, body);
    const first = await claim({});
    const second = await claim({ overlapSeconds: 60 });
    const created = ['client.created', 'key.created', 'key.created'];
    const of = await untilTold([...created, 'key.rotation_due', 'key.rotated', 'key.revoked', 'key.rotated']);
    const ofKey = { environmentId: expect.any(String), clientId: client.id, keyId: key.id };
    expect(of('key.rotation_due')[0]?.data).toEqual({ ...ofKey, rotationId: due.id, expiresAt });
    expect(of('key.revoked')[0]?.data).toEqual({ ...ofKey, keyId: first.id });
    const ended = (await send('GET', `/key/${key.id}`)).expiresAt;
    expect(of('key.rotated').map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        { ...ofKey, successorId: first.id, overlapEndsAt: expiresAt },
        { ...ofKey, successorId: second.id, overlapEndsAt: ended },
      ]),
    );
  });

  it('of clients that lose their template, and of a key whose product changes', async () => {
    const of = { project_env: environment.projectEnv };
    const query = new URLSearchParams(of);
    const template = (await call(platform.owner, 'POST', `/template?${query}`, { body: { name: uniqueName('T') } }))
      .body;
    const client = await send('POST', '/client', { name: uniqueName('c'), templateId: template.id });
    await call(platform.owner, 'DELETE', `/template/${template.id}?${query}&forceDelete=true`);
    const slug = (await call(platform.owner, 'GET', `/project/${environment.projectEnv}`)).body.slug;
    const product = await call(platform.owner, 'POST', '/product', {
      body: { name: uniqueName('P'), projects: [slug] },
    });
    const key = await post('/key', { name: 'k', clientId: client.id });
    await send('PATCH', `/key/${key.id}`, { productId: product.body.id });
    const told = await untilTold(['client.created', 'client.changed', 'key.created', 'key.changed']);
    expect(told('client.changed')[0]?.data).toMatchObject({ clientId: client.id, changed: ['templateId'] });
    expect(told('key.changed')[0]?.data).toMatchObject({ keyId: key.id, changed: ['productId'] });
  });

  it('of a client that goes on in another environment when its own is deleted, there and here', async () => {
    const { slug } = (await call(platform.owner, 'GET', `/project/${environment.projectEnv}`)).body;
    const added = { envs: [{ type: 'other' }] };
    const put = await call(platform.owner, 'PUT', `/project/${slug}`, { body: added });
    expect(put.status).toBe(200);
    await subscribe(`${slug}-other`);
    const wide = { name: 'wide', reach: 'project' };
    const query = `project_env=${environment.projectEnv}`;
    const key = (await call(platform.owner, 'POST', `/key?${query}`, { body: wide })).body;
    const removed = await call(platform.owner, 'DELETE', `/project/${environment.projectEnv}?forceDelete=true`);
    expect(removed.status).toBe(200);
    const of = await untilTold([
      ...['client.created', 'key.created', 'client.deleted'],
      ...['client.created', 'key.created'],
    ]);
    const places = of('client.created').map(({ data }) => data);
    for (const { clientId } of places) expect(clientId).toBe(key.clientId);
    expect(new Set(places.map(({ environmentId }) => environmentId)).size).toBe(2);
    expect(of('key.created').map(({ data }) => data.keyId)).toEqual([key.id, key.id]);
  });
});
