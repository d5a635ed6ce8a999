import {
  changeKey,
  createKey,
  createKeys,
  deleteKey,
  getKey,
  listKeys,
  ManagedKey,
  revokeKey,
  revokeKeys,
  rotateKey,
} from '@keyward/contract/routes/key';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeKey as change, revokeKey as revoke } from '../keys/change-key.ts';
import { createKey as create, createKeys as createMany } from '../keys/create-keys.ts';
import { readKey, readKeys } from '../keys/read-keys.ts';
import { removeKey } from '../keys/remove-key.ts';
import { revokeKeys as revokeMany } from '../keys/revoke-keys.ts';
import { rotateKey as rotate } from '../keys/rotate-key.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Keys as a resource of their own (wire.md §8). */
export function keyRoutes(app: App, administration: Administration): void {
  app.route({
    ...listKeys,
    handler: async (request) => {
      const { project_env: _, page = 1, limit = 10, reach = 'environment', ...filter } = request.query;
      const { environment } = await inEnvironment(administration, request, listKeys);
      return readKeys(administration, { environment, reach, filter, page, limit });
    },
  });

  app.route({
    ...createKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, createKey);
      const { ifExists } = request.query;
      return sendOutcome(reply, await create(administration, call, { input: request.body, ifExists }));
    },
  });

  app.route({
    ...createKeys,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, createKeys);
      return sendOutcome(reply, await createMany(administration, call, request.body.items));
    },
  });

  app.route({
    ...revokeKeys,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, revokeKeys);
      return sendOutcome(reply, await revokeMany(administration, call, request.body));
    },
  });

  app.route({
    ...getKey,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getKey);
      return withEtag(reply, ManagedKey, await readKey(administration, environment, request.params.id));
    },
  });

  app.route({
    ...changeKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeKey);
      const { id } = request.params;
      return sendOutcome(reply, await change(administration, call, { id, change: request.body }));
    },
  });

  app.route({
    ...revokeKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, revokeKey);
      return sendOutcome(reply, await revoke(administration, call, request.params.id));
    },
  });

  app.route({
    ...deleteKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteKey);
      return sendOutcome(reply, await removeKey(administration, call, request.params.id));
    },
  });

  app.route({
    ...rotateKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, rotateKey);
      const { overlapSeconds = 0, expiresAt } = request.body;
      const { id } = request.params;
      return sendOutcome(reply, await rotate(administration, call, { id, overlapSeconds, expiresAt }));
    },
  });
}
