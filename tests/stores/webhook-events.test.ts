import { system } from '@keyward/admin-api/changes/author';
import type { Change } from '@keyward/admin-api/changes/change';
import { makeChange } from '@keyward/admin-api/changes/make-change';
import { done } from '@keyward/admin-api/changes/outcome';
import { changeClient } from '@keyward/admin-api/clients/change-client';
import { createClients } from '@keyward/admin-api/clients/create-clients';
import { removeClient, revokeKey } from '@keyward/admin-api/clients/remove-client';
import { addSigningSecret, removeSigningSecret } from '@keyward/admin-api/projects/signing-secrets';
import { changeWebhook, removeWebhook } from '@keyward/admin-api/webhooks/change-webhook';
import type { NewClient } from '@keyward/contract/routes/client';
import type { WebhookEvent } from '@keyward/contract/webhook-event';
import { newId } from '@keyward/kit/random';
import { listSigningSecrets } from '@keyward/stores/postgres/signing-secrets';
import { dropOldWebhookEvents } from '@keyward/stores/postgres/webhook-events';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { createOneClient } from './administration-under-test.ts';
import { dayMs, WebhooksUnderTest } from './webhooks-under-test.ts';

describePostgresBackends('events for webhooks', (backend) => {
  const stage = new WebhooksUnderTest(backend);
  const clientId = newId();
  const created = (): WebhookEvent => ({
    type: 'client.created',
    environmentId: stage.environment.id,
    data: { clientId },
  });
  /** A change that tells of something, and then comes to what `end` says. */
  const tell = (end: (change: Change) => void = () => undefined, call = {}) =>
    makeChange(stage.administration, { ...stage.call, ...call }, async (change) => {
      change.emit(created());
      end(change);
      return done({});
    });
  const types = async () => (await stage.events()).map(({ type }) => type);

  it('come about with the change that tells of them, or not at all', async () => {
    const { id } = await stage.newWebhook();
    const failing = tell(() => {
      throw new Error('it came to nothing');
    });
    await expect(failing).rejects.toThrow('it came to nothing');
    // What is written last is refused.
    const unheard = { action: 'nothing\0', subject: { kind: 'client', id: clientId } };
    await expect(tell((change) => change.record(unheard))).rejects.toThrow();
    expect(await stage.events()).toEqual([]);
    await tell();
    const timestamp = new Date(stage.nowMs).toISOString();
    const data = { environmentId: stage.environment.id, clientId };
    expect(await stage.events()).toEqual([{ type: 'client.created', timestamp, data }]);
    expect(await stage.deliveries(id)).toMatchObject([{ status: 'pending', attempts: 0 }]);
  });

  it('are told once of a call that is repeated', async () => {
    await stage.newWebhook();
    const call = {
      author: { kind: 'user', id: newId() } as const,
      idempotency: { key: 'k', fingerprint: Buffer.alloc(32) },
    };
    await tell(undefined, call);
    await tell(undefined, call);
    expect(await types()).toEqual(['client.created']);
  });

  it('go to the webhooks of their environment that want them, and are kept for nobody else', async () => {
    await tell();
    expect(await stage.events()).toEqual([]);
    const wants = await stage.newWebhook({ events: ['key.created', 'client.created'] });
    const all = await stage.newWebhook();
    const others = await stage.newWebhook({ events: ['key.created'] });
    const disabled = await stage.newWebhook();
    await changeWebhook(stage.administration, stage.call, { id: disabled.id, change: { enabled: false } });
    await tell();
    const counts = [];
    for (const { id } of [wants, all, others, disabled]) counts.push((await stage.deliveries(id)).length);
    expect(counts).toEqual([1, 1, 0, 0]);
    const elsewhere = { ...created(), environmentId: newId() };
    await makeChange(stage.administration, { ...stage.call, author: system }, async (change) => {
      change.emit(elsewhere);
      return done({});
    });
    expect(await types()).toEqual(['client.created']);
    await removeWebhook(stage.administration, stage.call, wants.id);
    expect(await stage.deliveries(wants.id)).toEqual([]);
  });

  it('tell of a client and its keys by their ids and what changed, and nothing else of them', async () => {
    await stage.newWebhook();
    const seen = async () => {
      const events = await stage.events();
      await stage.forgetEvents();
      return events.map(({ type, data: { environmentId: _, ...data } }) => ({ type, ...data }));
    };
    const { administration, call, environment } = stage;
    const secretName = 'Jane Doe of 203.0.113.7';
    const input = { name: secretName, metadata: { email: 'jane@example.test' }, keys: [{ name: 'private' }] };
    const client = await createOneClient(administration, environment, input);
    const [key] = client.keys;
    const ofClient = { clientId: client.id };
    const ofKey = { ...ofClient, keyId: key?.id };
    expect(JSON.stringify(await stage.events())).not.toMatch(/Jane|203\.0|example\.test|private|apikee_/);
    expect(await seen()).toEqual([
      { type: 'client.created', ...ofClient },
      { type: 'key.created', ...ofKey, expiresAt: null },
    ]);
    const change = (asked: Parameters<typeof changeClient>[2]['change']) =>
      changeClient(administration, call, { clientId: client.id, change: asked });
    await change({ name: 'other', metadata: {}, keys: [{ id: key?.id ?? '', scopes: ['a'] }, { name: 'second' }] });
    const [changed, ofItsKey, second] = await seen();
    expect(changed).toEqual({ type: 'client.changed', ...ofClient, changed: ['name', 'metadata'] });
    expect(ofItsKey).toEqual({ type: 'key.changed', ...ofKey, changed: ['scopes'] });
    expect(second).toMatchObject({ type: 'key.created', ...ofClient });
    await change({ name: 'other', status: 'active' });
    expect(await seen()).toEqual([]);
    await change({ status: 'disabled', keys: [{ id: key?.id ?? '', enabled: false }] });
    expect(await seen()).toEqual([
      { type: 'client.disabled', ...ofClient },
      { type: 'key.disabled', ...ofKey },
    ]);
    await change({ status: 'active', keys: [{ id: key?.id ?? '', status: 'active' }] });
    expect(await seen()).toEqual([
      { type: 'client.enabled', ...ofClient },
      { type: 'key.enabled', ...ofKey },
    ]);
    await change({ keys: [{ id: key?.id ?? '', status: 'revoked' }] });
    expect(await seen()).toEqual([{ type: 'key.revoked', ...ofKey }]);
    await revokeKey(administration, call, { clientId: client.id, keyId: key?.id ?? '' });
    expect(await seen()).toEqual([]);
    await removeClient(administration, call, client.id);
    expect(await seen()).toEqual([{ type: 'client.deleted', ...ofClient }]);
  });

  it('tell of a client that an SDK creates again what it got, each key once', async () => {
    await stage.newWebhook();
    const create = (...inputs: NewClient[]) =>
      createClients(stage.administration, stage.call, {
        ...{ inputs, asArray: true, upsert: true, source: 'sdk', replayId: undefined },
      });
    const name = newId();
    await create({ name, keys: [{ name: 'a' }] }, { name, keys: [{ name: 'a' }, { name: 'b' }] });
    expect(await types()).toEqual(['client.created', 'key.created', 'key.created']);
    await stage.forgetEvents();
    await create({ name, metadata: { filled: true }, keys: [{ name: 'a' }, { name: 'c' }] });
    expect(await stage.events()).toMatchObject([
      { type: 'client.changed', data: { changed: ['metadata'] } },
      { type: 'key.created' },
    ]);
    const recorded = stage.db.selectFrom('audit_event').select('diff').where('action', '=', 'client.fill');
    const { diff } = await recorded.orderBy('seq', 'desc').executeTakeFirstOrThrow();
    const { before, after } = JSON.parse(diff ?? '');
    expect([before.metadata, before.keys.length, after.metadata, after.keys.length]).toEqual([
      {},
      2,
      { filled: true },
      3,
    ]);
    await stage.forgetEvents();
    await create({ name, metadata: { more: true }, keys: [{ name: 'a' }] });
    expect(await types()).toEqual([]);
  });

  it('tell of keys that are revoked with the secret that has signed them', async () => {
    const { administration, call, environment } = stage;
    const [old] = await listSigningSecrets(administration.db, environment.id);
    const client = await createOneClient(administration, environment, { name: newId(), keys: [{ name: 'k' }] });
    await addSigningSecret(administration, call, { name: 'next', first: true });
    await stage.newWebhook();
    await removeSigningSecret(administration, call, { id: old?.id ?? '', revokeKeys: true });
    const data = { environmentId: environment.id, clientId: client.id, keyId: client.keys[0]?.id };
    expect(await stage.events()).toMatchObject([{ type: 'key.revoked', data }]);
    await stage.forgetEvents();
    const recorded = stage.db.selectFrom('audit_event').select('diff').where('action', '=', 'key.revoke');
    const { diff } = await recorded.where('subject_id', '=', data.keyId ?? '').executeTakeFirstOrThrow();
    expect(JSON.parse(diff ?? '')).toEqual({ before: { status: 'active' }, after: { status: 'revoked' } });
  });

  it('are forgotten after a while, whatever became of them', async () => {
    const { id } = await stage.newWebhook();
    await tell();
    stage.nowMs += 30 * dayMs;
    await tell();
    expect(await dropOldWebhookEvents(stage.db, new Date(stage.nowMs - dayMs))).toBe(1);
    expect(await stage.deliveries(id)).toHaveLength(1);
  });
});
