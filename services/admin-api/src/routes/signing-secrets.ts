import {
  addSigningSecret,
  changeSigningSecret,
  deleteSigningSecret,
  getSigningSecret,
  listSigningSecrets,
  SigningSecret,
} from '@keyward/contract/routes/signing-secret';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import {
  addSigningSecret as add,
  changeSigningSecret as change,
  readSigningSecret,
  readSigningSecrets,
  removeSigningSecret as remove,
} from '../projects/signing-secrets.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** What customer keys are signed with. */
export function signingSecretRoutes(app: App, administration: Administration): void {
  app.route({
    ...listSigningSecrets,
    handler: async (request) => {
      const { page = 1, limit = 10 } = request.query;
      const { environment } = await inEnvironment(administration, request, listSigningSecrets);
      return readSigningSecrets(administration, { environment, page, limit });
    },
  });

  app.route({
    ...addSigningSecret,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, addSigningSecret);
      return sendOutcome(reply, await add(administration, call, request.body));
    },
  });

  app.route({
    ...getSigningSecret,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getSigningSecret);
      return withEtag(reply, SigningSecret, await readSigningSecret(administration, environment, request.params.id));
    },
  });

  app.route({
    ...changeSigningSecret,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeSigningSecret);
      const { id } = request.params;
      return sendOutcome(reply, await change(administration, call, { id, change: request.body }));
    },
  });

  app.route({
    ...deleteSigningSecret,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteSigningSecret);
      const { params, query } = request;
      const { id } = params;
      return sendOutcome(reply, await remove(administration, call, { id, revokeKeys: query.revokeKeys }));
    },
  });
}
