import { listDeadLetters, replayDeadLetter, replayDeadLetters } from '@keyward/contract/routes/dead-letter';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import {
  deadLetterScope,
  readDeadLetters,
  replayDeadLetters as replayAll,
  replayDeadLetter as replayOne,
} from '../reports/dead-letters.ts';

/** Events that could not be counted: to look at, and to have tried again by people who may change things. */
export function deadLetterRoutes(app: App, administration: Administration): void {
  app.route({
    ...listDeadLetters,
    handler: async ({ headers, query }) => {
      const { page = 1, limit = 10 } = query;
      const scope = await deadLetterScope(administration, { headers, query }, 'read');
      return readDeadLetters(administration, { scope, page, limit });
    },
  });

  app.route({
    ...replayDeadLetter,
    handler: async ({ headers, query, params }, reply) => {
      const scope = await deadLetterScope(administration, { headers, query }, 'administer');
      reply.code(202);
      return replayOne(administration, scope, params.id);
    },
  });

  app.route({
    ...replayDeadLetters,
    handler: async ({ headers, query }, reply) => {
      const scope = await deadLetterScope(administration, { headers, query }, 'administer');
      reply.code(202);
      return replayAll(administration, scope);
    },
  });
}
