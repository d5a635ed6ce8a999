import { type ValidateQuery, type ValidateReply, validate } from '@keyward/contract/routes/validate';
import type { App } from '@keyward/kit/http-app';
import { newId } from '@keyward/kit/random';
import { tracedBy } from '@keyward/kit/trace-requests';
import { askForVerdict } from '../ask-for-verdict.ts';
import type { DecisionClient } from '../decision-client.ts';
import { readFacts } from '../read-facts.ts';
import { type Openers, readSent } from '../read-sent.ts';
import { requestSignature, requireJson } from '../request-headers.ts';
import { readServerKey } from '../server-key.ts';
import { validateReply } from '../validate-reply.ts';
import { sealAnswerTo } from './seal-answer.ts';
import { sendVerdict } from './send-verdict.ts';

export interface VerdictOptions extends Openers {
  decisions: DecisionClient;
  bodyLimit: number;
}

interface Types {
  Params: { id: string };
  Querystring: ValidateQuery;
  Body: Buffer | undefined;
  Reply: ValidateReply | string;
}

/** The work goes from cheap to dear: size, content type, server key's checksum, URL, lengths, crypto, the validator. */
export function validateRoute(app: App, options: VerdictOptions): void {
  const { bodyLimit, clock, metrics } = options;
  app.route<Types>({
    ...validate,
    bodyLimit,
    preValidation: async ({ headers }) => {
      requireJson(headers);
      readServerKey(headers);
    },
    handler: async (request, reply) => {
      const { headers, query, params, body } = request;
      const arrivedMs = clock.monotonicMs() - reply.elapsedTime;
      const { value, opened } = readSent(options, request);
      sealAnswerTo(request, opened);
      const { timestamp, ...facts } = readFacts(value);
      const signature = requestSignature(headers);
      const question = {
        arrivedMs,
        bodyBytes: body?.length ?? 0,
        request: {
          eventId: newId(),
          ...tracedBy(request),
          serverKey: readServerKey(headers),
          clientId: params.id.toLowerCase(),
          ...(query.project_env !== undefined && { projectEnv: query.project_env }),
          methodPath: query.method_path,
          ...facts,
          ...(opened && { replayId: opened.replayId.toString('base64url') }),
          ...(signature !== undefined && { signature: { value: signature, clientId: params.id, timestamp } }),
        },
      };
      const decided = await askForVerdict(options, question, opened);
      metrics.noteVerdict('validate', decided.verdict);
      const elapsedMs = clock.monotonicMs() - arrivedMs;
      const verdict = validateReply(decided, { methodPath: query.method_path, elapsedMs });
      return sendVerdict(reply, { decided, body: verdict, headers, opened });
    },
  });
}
