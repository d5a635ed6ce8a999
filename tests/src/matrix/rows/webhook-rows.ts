import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  replayDeliveries,
  replayDelivery,
  rotateWebhookSecret,
  testWebhook,
} from '@keyward/contract/routes/webhook';
import { expectDone } from '../../platform/expect-done.ts';
import { call } from '../../platform/wire-client.ts';
import type { Asked, Place, RouteRow } from '../route-row.ts';

/** Nothing can be sent there, and nothing but a test is to be. */
const toNobody = { url: 'https://hooks.example.test/keyward', events: ['client.deleted'] };

const webhook = async ({ owner, environment }: Place): Promise<Asked & { params: { id: string } }> => {
  const made = await call(owner, 'POST', `/webhook?project_env=${environment.projectEnv}`, { body: toNobody });
  const { id } = expectDone(made);
  return { params: { id }, ids: [id] };
};

export const webhookRows: readonly RouteRow[] = [
  { route: listWebhooks, prepare: async () => ({}) },
  { route: createWebhook, prepare: async () => ({ body: toNobody }) },
  { route: getWebhook, prepare: webhook },
  {
    route: changeWebhook,
    prepare: async (place) => ({ ...(await webhook(place)), body: { description: 'changed' } }),
  },
  { route: deleteWebhook, prepare: webhook },
  { route: rotateWebhookSecret, prepare: async (place) => ({ ...(await webhook(place)), body: {} }) },
  { route: testWebhook, prepare: webhook },
  { route: listDeliveries, prepare: webhook },
  {
    route: replayDelivery,
    async prepare(place) {
      const { params } = await webhook(place);
      const { owner, environment } = place;
      const sent = await call(owner, 'POST', `/webhook/${params.id}/test?project_env=${environment.projectEnv}`);
      const deliveryId: string = expectDone(sent).id;
      return { params: { ...params, deliveryId }, ids: [params.id, deliveryId] };
    },
  },
  { route: replayDeliveries, prepare: webhook },
];
