import { type VerifyReply, verify } from '@keyward/contract/routes/verify';
import type { App } from '@keyward/kit/http-app';
import { newId } from '@keyward/kit/random';
import { tracedBy } from '@keyward/kit/trace-requests';
import { askForVerdict, noVerdict } from '../ask-for-verdict.ts';
import { readSent } from '../read-sent.ts';
import { readVerification } from '../read-verification.ts';
import { requestSignature, requireJson } from '../request-headers.ts';
import { readServerKey } from '../server-key.ts';
import { verifyQuestion } from '../verify-question.ts';
import { verifyReply } from '../verify-reply.ts';
import { sealAnswerTo } from './seal-answer.ts';
import { sendVerdict } from './send-verdict.ts';
import type { VerdictOptions } from './validate.ts';

interface Types {
  Body: Buffer | undefined;
  Reply: VerifyReply | string;
}

/** As a validation, from cheap to dear. */
export function verifyRoute(app: App, options: VerdictOptions): void {
  const { bodyLimit, clock, metrics } = options;
  app.route<Types>({
    ...verify,
    bodyLimit,
    preValidation: async ({ headers }) => {
      requireJson(headers);
      readServerKey(headers);
    },
    handler: async (request, reply) => {
      const { headers, body } = request;
      const arrivedMs = clock.monotonicMs() - reply.elapsedTime;
      const { value, opened } = readSent(options, request);
      sealAnswerTo(request, opened);
      const verification = readVerification(value, { isEnveloped: opened !== undefined });
      const asked = verifyQuestion(verification, { nowMs: clock.nowMs(), signature: requestSignature(headers) });
      const question = {
        arrivedMs,
        bodyBytes: body?.length ?? 0,
        request: {
          eventId: newId(),
          ...tracedBy(request),
          serverKey: readServerKey(headers),
          ...asked,
          ...(opened && { replayId: opened.replayId.toString('base64url') }),
        },
      };
      const decided = await askForVerdict(options, question, opened);
      // A validator that is older than this route has judged the key, but not the scopes that were asked for.
      if (decided.verdict === 'ALLOWED' && !decided.key) throw noVerdict({ retryAfterSeconds: 1 });
      metrics.noteVerdict('verify', decided.verdict);
      return sendVerdict(reply, { decided, body: verifyReply(decided), headers, opened });
    },
  });
}
