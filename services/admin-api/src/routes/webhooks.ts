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
  Webhook,
} from '@keyward/contract/routes/webhook';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeWebhook as change, removeWebhook } from '../webhooks/change-webhook.ts';
import { createWebhook as create } from '../webhooks/create-webhook.ts';
import { readDeliveries } from '../webhooks/read-deliveries.ts';
import { readWebhook, readWebhooks } from '../webhooks/read-webhooks.ts';
import { rotateWebhookSecret as rotate } from '../webhooks/rotate-webhook-secret.ts';
import {
  testWebhook as askForTest,
  replayDeliveries as replayAll,
  replayDelivery as replayOne,
} from '../webhooks/send-again.ts';
import { viewWebhook } from '../webhooks/webhook-view.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Where an environment's events are sent to. */
export function webhookRoutes(app: App, administration: Administration): void {
  app.route({
    ...listWebhooks,
    handler: async (request) => {
      const { page = 1, limit = 10, enabled } = request.query;
      const { environment } = await inEnvironment(administration, request, listWebhooks);
      return readWebhooks(administration, { environment, enabled, page, limit });
    },
  });

  app.route({
    ...createWebhook,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, createWebhook);
      return sendOutcome(reply, await create(administration, call, request.body));
    },
  });

  app.route({
    ...getWebhook,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getWebhook);
      return withEtag(reply, Webhook, viewWebhook(await readWebhook(administration, environment, request.params.id)));
    },
  });

  app.route({
    ...changeWebhook,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeWebhook);
      const { id } = request.params;
      return sendOutcome(reply, await change(administration, call, { id, change: request.body }));
    },
  });

  app.route({
    ...deleteWebhook,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteWebhook);
      return sendOutcome(reply, await removeWebhook(administration, call, request.params.id));
    },
  });

  app.route({
    ...rotateWebhookSecret,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, rotateWebhookSecret);
      return sendOutcome(reply, await rotate(administration, call, { id: request.params.id, ...request.body }));
    },
  });

  app.route({
    ...testWebhook,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, testWebhook);
      return sendOutcome(reply, await askForTest(administration, call, request.params.id));
    },
  });

  app.route({
    ...listDeliveries,
    handler: async (request) => {
      const { environment } = await inEnvironment(administration, request, listDeliveries);
      return readDeliveries(administration, { environment, id: request.params.id, query: request.query });
    },
  });

  app.route({
    ...replayDelivery,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, replayDelivery);
      return sendOutcome(reply, await replayOne(administration, call, request.params));
    },
  });

  app.route({
    ...replayDeliveries,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, replayDeliveries);
      return sendOutcome(reply, await replayAll(administration, call, request.params.id));
    },
  });
}
