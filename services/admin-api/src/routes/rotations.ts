import { claimRotation, listRotations } from '@keyward/contract/routes/key';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { claimRotation as claim, readRotations } from '../keys/rotations.ts';
import { clientId } from './client-id.ts';
import { sendOutcome } from './send-outcome.ts';

/** Successors of keys that rotate by themselves (wire.md §4). */
export function rotationRoutes(app: App, administration: Administration): void {
  app.route({
    ...listRotations,
    handler: async (request) => {
      const { page = 1, limit = 10 } = request.query;
      const { environment } = await inEnvironment(administration, request, listRotations);
      return readRotations(administration, { environment, clientId: clientId(request.params.id), page, limit });
    },
  });

  app.route({
    ...claimRotation,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, claimRotation);
      const { id, rid: rotationId } = request.params;
      const { overlapSeconds } = request.body;
      const asked = { clientId: clientId(id), rotationId, overlapSeconds };
      return sendOutcome(reply, await claim(administration, call, asked));
    },
  });
}
