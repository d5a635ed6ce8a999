import { changeWebhook } from '@keyward/admin-api/webhooks/change-webhook';
import { rotateWebhookSecret } from '@keyward/admin-api/webhooks/rotate-webhook-secret';
import { replayDeliveries, replayDelivery, testWebhook } from '@keyward/admin-api/webhooks/send-again';
import { outboundCall } from '@keyward/kit/outbound-call';
import { outboundRules } from '@keyward/kit/outbound-rules';
import { listDueWebhooks } from '@keyward/stores/postgres/webhook-deliveries';
import { findWebhook, noteAttempt } from '@keyward/stores/postgres/webhooks';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { insertEnvironment } from '@keyward/tests/platform/insert-environment';
import type { ReceivedWebhook } from '@keyward/tests/platform/webhook-receiver';
import { Webhook as Verifier } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { dayMs, WebhooksUnderTest } from './webhooks-under-test.ts';

describePostgresBackends('delivery to a webhook', (backend) => {
  const stage = new WebhooksUnderTest(backend);

  /** Something to be sent. */
  async function newEvent(webhookId: string): Promise<string> {
    return (await testWebhook(stage.administration, stage.call, webhookId)).body.id;
  }
  async function manyEvents(webhookId: string, count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < count; i += 1) ids.push(await newEvent(webhookId));
    return ids;
  }
  const only = async (webhookId: string) => (await stage.deliveries(webhookId))[0];
  const webhookRow = (id: string) => findWebhook(stage.db, { environmentId: stage.environment.id, id });
  const answerWith = (status: number, headers = {}) => {
    stage.receiver.answer = (response) => response.writeHead(status, headers).end();
  };
  /** As its receiver checks it, by the libraries of Standard Webhooks. */
  const verified = ({ body, headers }: ReceivedWebhook, secret: string) =>
    new Verifier(secret).verify(body, headers as Record<string, string>);
  /** Tries, and waits until all are due again, until there is no next time. */
  async function tryToTheEnd(webhookId: string): Promise<number[]> {
    const waitsMs: number[] = [];
    for (;;) {
      await stage.deliver(webhookId);
      const due = (await stage.deliveries(webhookId)).map(({ next_attempt_at }) => next_attempt_at?.getTime() ?? 0);
      const lastMs = Math.max(...due);
      if (lastMs === 0) return waitsMs;
      waitsMs.push(lastMs - stage.nowMs);
      stage.nowMs = lastMs;
    }
  }

  it('is a POST that its receiver can verify', async () => {
    const { id, secret } = await stage.newWebhook();
    const eventId = await newEvent(id);
    await stage.deliver(id);
    const [received, ...others] = stage.receiver.received;
    if (!received) throw new Error('nothing came');
    expect(others).toEqual([]);
    expect(received).toMatchObject({ id: eventId, path: '/hook', headers: { 'content-type': 'application/json' } });
    expect(Number(received.headers['webhook-timestamp'])).toBe(Math.floor(stage.nowMs / 1_000));
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(verified(received, secret)).toEqual({
      type: 'webhook.test',
      timestamp: new Date(stage.nowMs).toISOString(),
      data: { environmentId: stage.environment.id, webhookId: id },
    });
    expect(() => verified({ ...received, body: `${received.body} ` }, secret)).toThrow();
    expect(await only(id)).toMatchObject({ status: 'delivered', attempts: 1, last_status: 204, next_attempt_at: null });
  });

  it('is tried again after a failure, with the same id and body and a timestamp of its own', async () => {
    const { id } = await stage.newWebhook();
    const eventId = await newEvent(id);
    answerWith(500);
    await stage.deliver(id);
    await stage.deliver(id);
    expect(await only(id)).toMatchObject({ status: 'failed', attempts: 1, last_status: 500, last_fault: null });
    stage.nowMs += 7_000;
    await stage.receiver.close();
    await stage.deliver(id);
    expect(await only(id)).toMatchObject({
      status: 'failed',
      attempts: 2,
      last_status: null,
      last_fault: 'unreachable',
    });
    await stage.receiver.open();
    answerWith(200);
    stage.nowMs += 400_000;
    await stage.deliver(id);
    expect(await only(id)).toMatchObject({ status: 'delivered', attempts: 3, last_status: 200, last_fault: null });
    const [first, last] = stage.receiver.received;
    expect(stage.receiver.ids()).toEqual([eventId, eventId]);
    expect(last?.body).toBe(first?.body);
    expect(Number(last?.headers['webhook-timestamp'])).toBe(Math.floor(stage.nowMs / 1_000));
  });

  it('is tried ten times over three days, and dead after that', async () => {
    const { id } = await stage.newWebhook();
    await newEvent(id);
    answerWith(503);
    const waitsMs = await tryToTheEnd(id);
    const schedule = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    expect(waitsMs).toHaveLength(schedule.length);
    for (const [i, seconds] of schedule.entries()) {
      expect(waitsMs[i]).toBeGreaterThanOrEqual(seconds * 1_000);
      expect(waitsMs[i]).toBeLessThanOrEqual(seconds * 1_200);
    }
    expect(await only(id)).toMatchObject({ status: 'dead', attempts: 10, last_status: 503 });
    expect(new Set(stage.receiver.ids()).size).toBe(1);
    stage.nowMs += 30 * dayMs;
    await stage.deliver(id);
    expect(stage.receiver.received).toHaveLength(10);
  });

  it('waits as long as the receiver wishes', async () => {
    const { id } = await stage.newWebhook();
    await newEvent(id);
    answerWith(429, { 'retry-after': '120' });
    await stage.deliver(id);
    stage.nowMs += 119_000;
    await stage.deliver(id);
    expect(stage.receiver.received).toHaveLength(1);
    stage.nowMs += 1_000;
    await stage.deliver(id);
    expect(stage.receiver.received).toHaveLength(2);
  });

  it('that is dead begins anew when somebody asks for it, one or all', async () => {
    const { id } = await stage.newWebhook();
    const ids = await manyEvents(id, 3);
    answerWith(500);
    await tryToTheEnd(id);
    answerWith(200);
    stage.receiver.received.length = 0;
    const [deliveryId = ''] = ids;
    const { body } = await replayDelivery(stage.administration, stage.call, { id, deliveryId });
    expect(body).toMatchObject({ id: deliveryId, status: 'pending', attempts: 0 });
    await stage.deliver(id);
    expect(stage.receiver.ids()).toEqual([deliveryId]);
    expect((await replayDeliveries(stage.administration, stage.call, id)).body).toEqual({ requested: 2 });
    await stage.deliver(id);
    expect(stage.receiver.ids().toSorted()).toEqual(ids.toSorted());
    // One that was delivered, too: its receiver may have lost it.
    await replayDelivery(stage.administration, stage.call, { id, deliveryId });
    await stage.deliver(id);
    expect(stage.receiver.ids()).toHaveLength(4);
  });

  it('happens once, however many processes are at it', async () => {
    const { id } = await stage.newWebhook();
    const ids = await manyEvents(id, 40);
    await Promise.all([stage.deliver(id), stage.deliver(id), stage.deliver(id)]);
    expect(stage.receiver.ids().toSorted()).toEqual(ids.toSorted());
  });

  it('happens again, with the same id, when a process dies between sending and noting it', async () => {
    const { id } = await stage.newWebhook();
    const eventId = await newEvent(id);
    const { call } = stage.courier();
    const [sent, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const dying = stage.deliver(id, {
      call: async (request) => {
        await call(request);
        sent.resolve();
        await woken.promise;
        return { status: 500, headers: {}, body: Buffer.alloc(0) };
      },
    });
    await sent.promise;
    await stage.deliver(id);
    expect(stage.receiver.ids()).toEqual([eventId]);
    stage.nowMs += 60_000;
    await stage.deliver(id);
    expect(stage.receiver.ids()).toEqual([eventId, eventId]);
    expect(await only(id)).toMatchObject({ status: 'delivered', attempts: 2 });
    // It was not dead, only slow: what it comes to is out of date.
    woken.resolve();
    await dying;
    expect(await only(id)).toMatchObject({ status: 'delivered', attempts: 2, last_status: 204 });
    expect((await webhookRow(id))?.failing_since).toBeNull();
  });

  it('carries a signature with each secret while a rotation overlaps, and with the new one alone after that', async () => {
    const { id, secret: old } = await stage.newWebhook();
    const { body } = await rotateWebhookSecret(stage.administration, stage.call, { id, overlapSeconds: 100 });
    const { secret: fresh = '' } = body;
    await newEvent(id);
    await stage.deliver(id);
    stage.nowMs += 100_000;
    await newEvent(id);
    await stage.deliver(id);
    const [during, after] = stage.receiver.received;
    if (!during || !after) throw new Error('nothing came');
    expect(String(during.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const secret of [old, fresh]) expect(verified(during, secret)).toBeTruthy();
    expect(verified(after, fresh)).toBeTruthy();
    expect(() => verified(after, old)).toThrow();
  });

  it('does not follow where it is led, and reads nothing', async () => {
    const { id } = await stage.newWebhook();
    await newEvent(id);
    answerWith(302, { location: `${stage.receiver.url}/elsewhere` });
    await stage.deliver(id);
    expect(stage.receiver.received).toHaveLength(1);
    expect(await only(id)).toMatchObject({ status: 'failed', last_status: 302 });
  });

  it('gives up an answer that is too slow or too long', async () => {
    const { id } = await stage.newWebhook();
    await newEvent(id);
    stage.receiver.answer = () => undefined;
    const rules = stage.administration.outbound;
    await stage.deliver(id, { call: outboundCall({ rules, deadlineMs: 50 }) });
    expect(await only(id)).toMatchObject({ status: 'failed', last_fault: 'timeout' });
    stage.nowMs += 10_000;
    stage.receiver.answer = (response) => response.end('x'.repeat(2_000));
    await stage.deliver(id, { call: outboundCall({ rules, maxAnswerBytes: 1_000 }) });
    expect(await only(id)).toMatchObject({ status: 'failed', last_fault: 'too-large' });
  });

  it('does not go where a name leads that was bound anew', async () => {
    const { id } = await stage.newWebhook({ url: 'https://receiver.test/hook' });
    await newEvent(id);
    const rebound = async () => [{ address: '127.0.0.1', family: 4 }];
    await stage.deliver(id, { call: outboundCall({ rules: outboundRules(), resolve: rebound }) });
    expect(await only(id)).toMatchObject({ status: 'failed', last_fault: 'not-allowed' });
  });

  it('that fails for days ends with the webhook, by a change that is audited, until somebody enables it', async () => {
    const { id } = await stage.newWebhook();
    answerWith(500);
    await newEvent(id);
    await stage.deliver(id);
    const since = stage.nowMs;
    stage.nowMs += 4.9 * dayMs;
    await stage.deliver(id);
    expect(await webhookRow(id)).toMatchObject({ enabled: true, failing_since: new Date(since) });
    stage.nowMs += 0.2 * dayMs;
    await stage.deliver(id);
    expect(await webhookRow(id)).toMatchObject({ enabled: false, disabled_reason: 'failing' });
    const audits = stage.db.selectFrom('audit_event').selectAll().where('subject_id', '=', id);
    expect(await audits.where('action', '=', 'webhook.disable').execute()).toMatchObject([{ actor_kind: 'system' }]);
    stage.nowMs += dayMs;
    await stage.deliver(id);
    expect(await listDueWebhooks(stage.db, { now: new Date(stage.nowMs), serving: [], limit: 10 })).not.toContain(id);
    expect(stage.receiver.received).toHaveLength(3);
    answerWith(200);
    await changeWebhook(stage.administration, stage.call, { id, change: { enabled: true } });
    await stage.deliver(id);
    expect(await webhookRow(id)).toMatchObject({ enabled: true, disabled_reason: null, failing_since: null });
    expect(await only(id)).toMatchObject({ status: 'delivered' });
  });

  it('that succeeds now and then does not end the webhook', async () => {
    const { id } = await stage.newWebhook();
    for (let day = 0; day < 12; day += 1) {
      await newEvent(id);
      answerWith(day % 3 === 2 ? 200 : 500);
      await stage.deliver(id);
      stage.nowMs += dayMs;
    }
    expect(await webhookRow(id)).toMatchObject({ enabled: true });
  });

  it('that is answered 410 ends with the webhook at once', async () => {
    const { id } = await stage.newWebhook();
    await newEvent(id);
    answerWith(410);
    await stage.deliver(id);
    expect(await only(id)).toMatchObject({ status: 'dead', last_status: 410 });
    expect(await webhookRow(id)).toMatchObject({ enabled: false, disabled_reason: 'gone' });
  });

  it('that a place of before answers with 410 does not end a webhook that is elsewhere by now', async () => {
    const { id } = await stage.newWebhook();
    await newEvent(id);
    const url = `${stage.receiver.url}/new`;
    stage.receiver.answer = async (response) => {
      await changeWebhook(stage.administration, stage.call, { id, change: { url } });
      response.writeHead(410).end();
    };
    await stage.deliver(id);
    expect(await webhookRow(id)).toMatchObject({ url, enabled: true, failing_since: null });
  });

  it('pauses when its turn is over, however much there is', async () => {
    const { id } = await stage.newWebhook();
    await manyEvents(id, 20);
    stage.receiver.answer = (response) => {
      stage.nowMs += 1_000;
      response.writeHead(204).end();
    };
    await stage.deliver(id);
    expect(stage.receiver.received).toHaveLength(8);
    await stage.deliver(id);
    expect(stage.receiver.received).toHaveLength(16);
  });

  describe('is next', () => {
    const due = async (serving: string[] = []) =>
      listDueWebhooks(stage.db, { now: new Date(stage.nowMs), serving, limit: 1_000 });
    const dueOf = async (ids: readonly string[], serving: string[] = []) =>
      (await due(serving)).filter((id) => ids.includes(id));
    async function waiting(count: number): Promise<string[]> {
      const ids: string[] = [];
      for (let i = 0; i < count; i += 1) {
        const { id } = await stage.newWebhook();
        await newEvent(id);
        stage.nowMs += 1_000;
        ids.push(id);
      }
      return ids;
    }

    it('of an organization for those that have waited longest, and for failing ones last', async () => {
      const ids = await waiting(3);
      const [first = '', ...others] = ids;
      expect(await dueOf(ids)).toEqual(ids);
      expect(await dueOf(ids, [first])).toEqual(others);
      await noteAttempt(stage.db, first, { url: stage.receiver.url, failedAt: new Date(stage.nowMs) });
      expect(await dueOf(ids)).toEqual([...others, first]);
    });

    it('for an organization that is served least, however long others have waited', async () => {
      const many = await waiting(6);
      const { id: environment_id, organizationId: organization_id } = await insertEnvironment(stage.db);
      const [only = ''] = await waiting(1);
      await stage.db.updateTable('webhook').set({ environment_id, organization_id }).where('id', '=', only).execute();
      expect((await due()).indexOf(only)).toBeLessThan(2);
      expect((await due(many.slice(0, 4)))[0]).toBe(only);
    });
  });
});
