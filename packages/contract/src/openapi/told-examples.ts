import { exampleValues, organizationId } from './example-values.ts';
import type { ToldExample } from './operation-example.ts';

const validateBody = {
  name: 'Production',
  timestamp: '2026-11-21T10:02:45.091Z',
  headers: { 'x-api-key': exampleValues.key, 'user-agent': 'acme-sync/2.4', 'x-forwarded-for': '203.0.113.7' },
};

const auditFacts = {
  id: exampleValues.eventId,
  seq: exampleValues.seq,
  at: exampleValues.at,
  actor: { kind: 'user', id: exampleValues.actor },
  action: 'client.change',
  outcome: 'done',
  subject: { kind: 'client', id: exampleValues.clientId },
  environmentId: exampleValues.environmentId,
  requestId: exampleValues.requestId,
};

/** Examples of operations that their schemas say too little of, by the names that the routes are declared by. */
export const toldExamples: Readonly<Record<string, ToldExample>> = {
  validate: {
    params: { id: 'self' },
    query: { project_env: 'shop-production', method_path: 'GET:/orders/8211' },
    body: validateBody,
    answer: {
      success: true,
      clientId: exampleValues.clientId,
      project_env: 'shop-production',
      method_path: 'GET:/orders/8211',
      durationMs: 1.8,
    },
  },
  verify: {
    body: {
      key: exampleValues.key,
      requiredScopes: ['orders:read'],
      methodPath: 'GET:/orders/8211',
      ip: '203.0.113.7',
    },
    answer: {
      valid: true,
      code: 'ALLOWED',
      status: 200,
      message: 'The key is valid.',
      key: {
        id: exampleValues.keyId,
        name: 'Production',
        clientId: exampleValues.clientId,
        scopes: ['orders:read', 'orders:write'],
        metadata: { plan: 'pro' },
        expiresAt: null,
        lastUsedAt: exampleValues.lastUsedAt,
        useCount: 14_791,
      },
    },
  },
  createProject: {
    body: {
      slug: 'shop',
      name: 'Shop',
      description: 'Orders and returns',
      envs: [
        {
          type: 'production',
          url: 'https://api.shop.example',
          templates: [{ name: 'Standard', rateLimitHour: 10_000, rateLimitDay: 100_000 }],
        },
      ],
    },
  },
  changeOrganization: { body: { name: 'Shop Ltd' } },
  changeProduct: { body: { description: 'Orders and returns', projects: ['shop'] } },
  changeProject: { body: { envs: [{ type: 'staging', url: 'https://staging.shop.example' }] } },
  deleteProject: {
    params: { project: 'shop-staging' },
    query: { forceDelete: true },
    answer: { success: true, deleted: 'env', slug: 'shop-staging', forced: true },
  },
  changeServerKey: { body: { scopes: ['validate'] } },
  changeSigningSecret: { body: { first: true } },
  revokeKeys: { body: { filter: { name: 'contractor', createdBefore: '2026-11-01T00:00:00Z' } } },
  changeSettings: { body: { hops: 0, encryption: 'required' } },
  changeTemplate: { body: { rateLimitHour: 20_000 } },
  createTemplate: { body: { name: 'Standard', rateLimitHour: 10_000, rateLimitDay: 100_000 } },
  createServerKey: { body: { name: 'Checkout service', scopes: ['validate', 'endpoints:write'] } },
  addRequestKey: { body: { name: 'Checkout service', publicKey: exampleValues.publicKey } },
  registerEndpoint: {
    body: { method: 'GET', path: '/orders/8211', name: 'GET /orders/8211', metadata: { scopes: ['orders:read'] } },
  },
  changeClient: { body: { name: 'Acme Corp', status: 'disabled' } },
  deleteClient: { query: { project_env: 'shop-production' } },
  readUsage: {
    query: {
      project_env: 'shop-production',
      interval: 'hour',
      groupBy: 'endpoint,verdict',
      from: '2026-11-20T00:00:00Z',
      to: '2026-11-21T00:00:00Z',
    },
    answer: {
      data: [
        {
          ...{ start: '2026-11-20T10:00:00.000Z', endpoint: 'GET:/orders/{id}', code: 'ALLOWED' },
          ...{ count: 1_204, success: 1_204, error: 0, cost: 1_204, avgDurationMs: 2.1, p50Ms: 1.5, p99Ms: 12 },
        },
      ],
      nextCursor: null,
    },
  },
  listAudit: {
    query: { project_env: 'shop-production', action: 'client.change', limit: 50 },
    answer: {
      data: [{ ...auditFacts, diff: exampleValues.diff, hash: exampleValues.hash }],
      nextCursor: exampleValues.cursor,
    },
  },
  exportAudit: {
    query: { from: '2026-11-01T00:00:00Z' },
    answer: {
      ...{ organizationId, ...auditFacts, diff: JSON.stringify(exampleValues.diff) },
      ...{ diffHash: exampleValues.diffHash, previousHash: exampleValues.previousHash, hash: exampleValues.hash },
    },
  },
};
