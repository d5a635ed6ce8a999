import { createKeyImport, deleteKeyImport, importKeys, listKeyImports } from '@keyward/contract/routes/key-import';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { importKeys as importMany } from '../keys/import-keys.ts';
import { createKeyImport as create, readKeyImports, deleteKeyImport as remove } from '../keys/key-imports.ts';
import { sendOutcome } from './send-outcome.ts';

/** Keys that other systems have made. */
export function keyImportRoutes(app: App, administration: Administration): void {
  app.route({
    ...listKeyImports,
    handler: async (request) => {
      const { page = 1, limit = 10 } = request.query;
      const { environment } = await inEnvironment(administration, request, listKeyImports);
      return readKeyImports(administration, { environment, page, limit });
    },
  });

  app.route({
    ...createKeyImport,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, createKeyImport);
      return sendOutcome(reply, await create(administration, call, request.body));
    },
  });

  app.route({
    ...deleteKeyImport,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteKeyImport);
      return sendOutcome(reply, await remove(administration, call, request.params.id));
    },
  });

  app.route({
    ...importKeys,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, importKeys);
      const { importId, items } = request.body;
      return sendOutcome(reply, await importMany(administration, call, { importId, items }));
    },
  });
}
