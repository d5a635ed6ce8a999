import { internalHeaders } from '@keyward/contract/internal-headers';
import {
  Client,
  changeClient,
  createClient,
  deleteClient,
  getClient,
  listClients,
} from '@keyward/contract/routes/client';
import { AppError } from '@keyward/kit/app-error';
import type { App } from '@keyward/kit/http-app';
import { serviceCallCheck } from '@keyward/kit/service-token';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeClient as applyChange } from '../clients/change-client.ts';
import { createClients } from '../clients/create-clients.ts';
import { readClient, readClients } from '../clients/read-clients.ts';
import { removeClient, revokeKey } from '../clients/remove-client.ts';
import { readSettings } from '../projects/settings.ts';
import { clientId } from './client-id.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Clients and their keys (wire.md §2.5, §3). */
export function clientRoutes(app: App, administration: Administration, serviceToken: string): void {
  const isServiceCall = serviceCallCheck(serviceToken);

  app.route({
    ...listClients,
    handler: async (request) => {
      const { project_env: _, page = 1, limit = 10, hidden: withHidden, ...rest } = request.query;
      const filter = { ...rest, withHidden };
      const { environment } = await inEnvironment(administration, request, listClients);
      return readClients(administration, { environment, filter, page, limit });
    },
  });

  app.route({
    ...createClient,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, createClient);
      const { headers, query, body } = request;
      const internal = isServiceCall(headers) ? headers : {};
      const replayId = oneValue(internal[internalHeaders.replayId]);
      if (call.actor.kind === 'server-key' && replayId === undefined) requirePlainAllowed(call.environment);
      const fromSdk = internal[internalHeaders.fromSdk] === '1';
      const outcome = await createClients(administration, call, {
        inputs: Array.isArray(body) ? body : [body],
        asArray: Array.isArray(body),
        upsert: fromSdk || query.upsert === true,
        source: fromSdk ? 'sdk' : 'api',
        replayId,
      });
      return sendOutcome(reply, outcome);
    },
  });

  app.route({
    ...getClient,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getClient);
      return withEtag(reply, Client, await readClient(administration, environment, clientId(request.params.id)));
    },
  });

  app.route({
    ...changeClient,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeClient);
      const id = clientId(request.params.id);
      return sendOutcome(reply, await applyChange(administration, call, { clientId: id, change: request.body }));
    },
  });

  app.route({
    ...deleteClient,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteClient);
      const id = clientId(request.params.id);
      const { keyId } = request.query;
      const outcome =
        keyId === undefined
          ? await removeClient(administration, call, id)
          : await revokeKey(administration, call, { clientId: id, keyId });
      return sendOutcome(reply, outcome);
    },
  });
}

function oneValue(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

/** Applications send creates in envelopes where the environment demands it; people have TLS alone (wire.md §2.1). */
function requirePlainAllowed(environment: EnvironmentRow): void {
  if (readSettings(environment).settings.encryption === 'optional') return;
  throw new AppError('ENCRYPTION_REQUIRED', 'This environment takes encrypted requests only.');
}
