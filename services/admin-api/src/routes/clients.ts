import { internalHeaders } from '@keyward/contract/internal-headers';
import { changeClient, createClient, deleteClient, getClient, listClients } from '@keyward/contract/routes/client';
import { AppError } from '@keyward/kit/app-error';
import type { App } from '@keyward/kit/http-app';
import { serviceCallCheck } from '@keyward/kit/service-token';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { callingEnvironment } from '../access/calling-environment.ts';
import type { Administration } from '../administration.ts';
import { changeClient as applyChange, unknownClient } from '../clients/change-client.ts';
import { createClients } from '../clients/create-clients.ts';
import { readClient, readClients } from '../clients/read-clients.ts';
import { removeClient, revokeKey } from '../clients/remove-client.ts';
import { isUuid } from '../input.ts';
import { pending } from '../projection/pending.ts';
import { readSettings } from '../projects/settings.ts';

/** Clients and their keys (wire.md §2.5, §3). */
export function clientRoutes(app: App, administration: Administration, serviceToken: string): void {
  const isServiceCall = serviceCallCheck(serviceToken);

  app.route({
    ...listClients,
    handler: async ({ headers, query }) => {
      const { project_env: _, page = 1, limit = 10, ...filter } = query;
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return readClients(administration, { environment, filter, page, limit });
    },
  });

  app.route({
    ...createClient,
    handler: async ({ headers, query, body }, reply) => {
      const { actor, environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const internal = isServiceCall(headers) ? headers : {};
      const replayId = oneValue(internal[internalHeaders.replayId]);
      if (actor.kind === 'server-key' && replayId === undefined) requirePlainAllowed(environment);
      const fromSdk = internal[internalHeaders.fromSdk] === '1';
      const created = await createClients(administration, {
        environment,
        inputs: Array.isArray(body) ? body : [body],
        asArray: Array.isArray(body),
        upsert: fromSdk || query.upsert === true,
        source: fromSdk ? 'sdk' : 'api',
        replayId,
      });
      const clients = created.clients.map((client) => ({ ...client, ...pending(created.propagation) }));
      const [first] = clients;
      reply.code(created.anyNew ? 201 : 200);
      return Array.isArray(body) || !first ? clients : first;
    },
  });

  app.route({
    ...getClient,
    handler: async ({ headers, query, params }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return readClient(administration, environment, clientId(params.id));
    },
  });

  app.route({
    ...changeClient,
    handler: async ({ headers, query, params, body }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const { client, propagation } = await applyChange(administration, {
        environment,
        clientId: clientId(params.id),
        change: body,
      });
      return { ...client, ...pending(propagation) };
    },
  });

  app.route({
    ...deleteClient,
    handler: async ({ headers, query, params }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const id = clientId(params.id);
      const propagation =
        query.keyId === undefined
          ? await removeClient(administration, environment, id)
          : await revokeKey(administration, { environment, clientId: id, keyId: query.keyId });
      return { success: true as const, ...pending(propagation) };
    },
  });
}

/** What is no UUID is no client of anybody's. */
function clientId(text: string): string {
  if (!isUuid(text)) throw unknownClient();
  return text.toLowerCase();
}

function oneValue(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

/** Applications send creates in envelopes where the environment demands it; people have TLS alone (wire.md §2.1). */
function requirePlainAllowed(environment: EnvironmentRow): void {
  if (readSettings(environment).settings.encryption === 'optional') return;
  throw new AppError('ENCRYPTION_REQUIRED', 'This environment takes encrypted requests only.');
}
