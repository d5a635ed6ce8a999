import Type, { type Static } from 'typebox';
import {
  Cursor,
  CursorLimit,
  Id,
  Limit,
  NextCursor,
  Nullable,
  Page,
  Pagination,
  ProjectEnvQuery,
  Removed,
  Timestamp,
} from '../fields.ts';
import { OfUse } from '../of-use.ts';
import { outboundFaults } from '../outbound-fault.ts';
import { Secret } from '../secret.ts';
import { webhookEventTypes } from '../webhook-event.ts';
import { type Route, strict } from './route.ts';

/**
 * Webhooks of an environment: where its events are sent to, and what became of them. Server keys are kept out, as from what else could
 * lead an environment's data away.
 */
const Url = Type.String({
  minLength: 1,
  maxLength: 2_000,
  description: 'https, to a host that is reachable from everywhere; what else is allowed is for the operator to say.',
});
const Events = Type.Array(Type.Enum(['*', ...webhookEventTypes]), {
  minItems: 1,
  maxItems: webhookEventTypes.length,
  uniqueItems: true,
  description: 'What is sent there; `*`: all.',
});
const Description = Nullable(Type.String({ maxLength: 500 }));

export const Webhook = Type.Object({
  id: Id,
  url: Type.String(),
  events: Type.Array(Type.String()),
  description: Nullable(Type.String()),
  enabled: Type.Boolean(),
  disabledReason: Nullable(
    Type.Enum(['failing', 'gone'], {
      description:
        'Why it was disabled by itself: it failed for days, or answered 410. null: it was not, or somebody has decided since.',
    }),
  ),
  failingSince: OfUse(Nullable({ ...Timestamp, description: 'The first failure since the last success.' })),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  secret: Type.Optional(
    Secret(
      Type.String({
        description:
          'What deliveries are signed with, `whsec_` and base64 (Standard Webhooks); in the answer that makes it only.',
      }),
    ),
  ),
});
export type Webhook = Static<typeof Webhook>;

export const NewWebhook = Type.Object(
  {
    url: Url,
    events: Events,
    description: Type.Optional(Description),
    enabled: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type NewWebhook = Static<typeof NewWebhook>;

export const WebhookChange = Type.Partial(NewWebhook, strict);
export type WebhookChange = Static<typeof WebhookChange>;

export const SecretRotation = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 604_800,
        default: 86_400,
        description: 'How long deliveries carry signatures with the secrets of before, too; a day unless it is said.',
      }),
    ),
  },
  strict,
);
export type SecretRotation = Static<typeof SecretRotation>;

export const DeliveryStatus = Type.Enum(['pending', 'delivered', 'failed', 'dead'], {
  description: 'failed: it will be tried again; dead: it will not, unless somebody asks for it.',
});
export const WebhookDelivery = Type.Object({
  id: { ...Id, description: 'The id of the event, and the `webhook-id` of each attempt.' },
  type: Type.String(),
  status: DeliveryStatus,
  attempts: Type.Integer({ description: 'Since it was made, or last asked for again.' }),
  createdAt: Timestamp,
  lastAttemptAt: Nullable(Timestamp),
  nextAttemptAt: Nullable(Timestamp),
  lastStatus: Nullable(Type.Integer({ description: 'The HTTP status of the last answer.' })),
  lastFault: Nullable(Type.Enum(outboundFaults, { description: 'Why there was none.' })),
});
export type WebhookDelivery = Static<typeof WebhookDelivery>;

export const DeliveryQuery = Type.Object(
  {
    project_env: ProjectEnvQuery,
    status: Type.Optional(DeliveryStatus),
    type: Type.Optional(Type.Enum(webhookEventTypes)),
    limit: Type.Optional(CursorLimit),
    cursor: Type.Optional(Cursor),
  },
  strict,
);
export type DeliveryQuery = Static<typeof DeliveryQuery>;

const access = { of: 'environment', role: 'admin' } as const;
const params = Type.Object({ id: Id });
const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);

export const listWebhooks = {
  method: 'GET',
  url: '/api/v1/webhook',
  access,
  schema: {
    summary: 'List the webhooks of an environment, newest first',
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        enabled: Type.Optional(Type.Boolean()),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Webhook), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createWebhook = {
  method: 'POST',
  url: '/api/v1/webhook',
  access,
  schema: {
    summary: 'Have events sent to a URL; the secret that they are signed with is in this answer only',
    querystring,
    body: NewWebhook,
    response: { 201: Webhook },
  },
} as const satisfies Route;

export const getWebhook = {
  method: 'GET',
  url: '/api/v1/webhook/:id',
  access,
  schema: { summary: 'Read a webhook', params, querystring, response: { 200: Webhook } },
} as const satisfies Route;

export const changeWebhook = {
  method: 'PUT',
  url: '/api/v1/webhook/:id',
  access,
  schema: {
    summary: 'Change parts of a webhook; enabling it sends what waited meanwhile',
    params,
    querystring,
    body: WebhookChange,
    response: { 200: Webhook },
  },
} as const satisfies Route;

export const deleteWebhook = {
  method: 'DELETE',
  url: '/api/v1/webhook/:id',
  access,
  schema: {
    summary: 'Delete a webhook with its deliveries; nothing more is sent there',
    params,
    querystring,
    response: { 200: Removed },
  },
} as const satisfies Route;

export const rotateWebhookSecret = {
  method: 'POST',
  url: '/api/v1/webhook/:id/rotate',
  access,
  schema: {
    summary: 'Give a webhook a new secret, which is in this answer only; the old one is signed with, too, for a while',
    params,
    querystring,
    body: SecretRotation,
    response: { 200: Webhook },
  },
} as const satisfies Route;

export const testWebhook = {
  method: 'POST',
  url: '/api/v1/webhook/:id/test',
  access,
  schema: {
    summary: 'Send a webhook.test event; its deliveries tell what came of it',
    params,
    querystring,
    response: { 202: WebhookDelivery },
  },
} as const satisfies Route;

export const listDeliveries = {
  method: 'GET',
  url: '/api/v1/webhook/:id/deliveries',
  access,
  schema: {
    summary: 'List what was sent, or is to be sent, to a webhook, newest first',
    params,
    querystring: DeliveryQuery,
    response: { 200: Type.Object({ data: Type.Array(WebhookDelivery), nextCursor: NextCursor }) },
  },
} as const satisfies Route;

export const replayDelivery = {
  method: 'POST',
  url: '/api/v1/webhook/:id/deliveries/:deliveryId/replay',
  access,
  schema: {
    summary: 'Send an event again, under the same webhook-id, whatever became of it',
    params: Type.Object({ id: Id, deliveryId: Id }),
    querystring,
    response: { 202: WebhookDelivery },
  },
} as const satisfies Route;

export const replayDeliveries = {
  method: 'POST',
  url: '/api/v1/webhook/:id/deliveries/replay',
  access,
  schema: {
    summary: 'Send all dead events of a webhook again',
    params,
    querystring,
    response: { 202: Type.Object({ requested: Type.Integer({ description: 'How many will be sent.' }) }) },
  },
} as const satisfies Route;
