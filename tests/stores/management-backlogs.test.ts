import { testWebhook } from '@keyward/admin-api/webhooks/send-again';
import { newId } from '@keyward/kit/random';
import { readManagementBacklogs } from '@keyward/stores/postgres/management-backlogs';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { WebhooksUnderTest } from './webhooks-under-test.ts';

describePostgresBackends('what waits in the management', (backend) => {
  const test = new WebhooksUnderTest(backend);
  const read = () => readManagementBacklogs(test.db, new Date(test.nowMs));

  it('is nothing where all is done', async () => {
    const nothing = { count: 0, ageSeconds: 0 };
    expect(await read()).toEqual({ changes: nothing, deliveries: nothing, dead: { deliveries: 0, events: 0 } });
  });

  it('is what Redis was not told of, since the oldest of it', async () => {
    const { id: environment_id } = test.environment;
    const at = (secondsAgo: number) => ({
      id: newId(),
      environment_id,
      created_at: new Date(test.nowMs - secondsAgo * 1_000),
    });
    await test.db
      .insertInto('config_outbox')
      .values([at(3), at(90), at(7)])
      .execute();
    expect((await read()).changes).toEqual({ count: 3, ageSeconds: 90 });
  });

  it('is what is due to webhooks that are enabled, and not what is to come', async () => {
    const { id } = await test.newWebhook();
    await testWebhook(test.administration, test.call, id);
    test.nowMs += 5_000;
    expect((await read()).deliveries).toEqual({ count: 1, ageSeconds: 5 });
    await test.db.updateTable('webhook').set({ enabled: false }).where('id', '=', id).execute();
    expect((await read()).deliveries).toEqual({ count: 0, ageSeconds: 0 });
    await test.db.updateTable('webhook').set({ enabled: true }).where('id', '=', id).execute();
    test.nowMs -= 6_000;
    expect((await read()).deliveries.count).toBe(0);
  });

  it('is not what was given up, which is counted apart', async () => {
    const { id } = await test.newWebhook();
    await testWebhook(test.administration, test.call, id);
    const before = await read();
    await test.db
      .updateTable('webhook_delivery')
      .set({ status: 'dead', next_attempt_at: null })
      .where('webhook_id', '=', id)
      .execute();
    const { deliveries, dead } = await read();
    expect(deliveries.count).toBe(before.deliveries.count - 1);
    expect(dead).toEqual({ deliveries: before.dead.deliveries + 1, events: 0 });
  });
});
