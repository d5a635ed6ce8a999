import { listDeadLetters, replayDeadLetter, replayDeadLetters } from '@keyward/contract/routes/dead-letter';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import {
  deadLetterCall,
  readDeadLetters,
  replayDeadLetters as replayAll,
  replayDeadLetter as replayOne,
} from '../reports/dead-letters.ts';
import { sendOutcome } from './send-outcome.ts';

/** Events that could not be counted: to look at, and to have tried again by people who may change things. */
export function deadLetterRoutes(app: App, administration: Administration): void {
  app.route({
    ...listDeadLetters,
    handler: async (request) => {
      const { page = 1, limit = 10 } = request.query;
      const { scope } = await deadLetterCall(administration, request, listDeadLetters);
      return readDeadLetters(administration, { scope, page, limit });
    },
  });

  app.route({
    ...replayDeadLetter,
    handler: async (request, reply) => {
      const call = await deadLetterCall(administration, request, replayDeadLetter);
      return sendOutcome(reply, await replayOne(administration, call, request.params.id));
    },
  });

  app.route({
    ...replayDeadLetters,
    handler: async (request, reply) => {
      const call = await deadLetterCall(administration, request, replayDeadLetters);
      return sendOutcome(reply, await replayAll(administration, call));
    },
  });
}
