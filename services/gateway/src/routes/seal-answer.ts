import { sealReplyV2 } from '@keyward/envelope/v2/seal';
import type { Clock } from '@keyward/kit/clock';
import type { App } from '@keyward/kit/http-app';
import type { OpenedEnvelope, OpenedEnvelopeV2 } from '../open-envelope.ts';

/** Once an envelope of version 2 is open, whatever is answered goes back in one. */
const answerTo = 'answerTo';

interface Decorated {
  setDecorator<T>(name: string, value: T): void;
}

/** From here on the answer is sealed, be it a verdict, a forwarded answer or an error (wire.md §6). */
export function sealAnswerTo(request: Decorated, opened: OpenedEnvelope | undefined): void {
  if (opened?.version === '2') request.setDecorator(answerTo, opened);
}

/** Seals the answers to requests of version 2, each to its own request. All others pass as they are. */
export function sealAnswers(app: App, { clock }: { clock: Clock }): void {
  app.decorateRequest(answerTo, null);
  app.addHook('onSend', (request, reply, payload, done) => {
    const opened = request.getDecorator<OpenedEnvelopeV2 | null>(answerTo);
    if (opened === null || !isText(payload)) return done(null, payload);
    const { kid, epk, derived: keys, line, iv: requestIv } = opened;
    const ts = new Date(clock.nowMs()).toISOString();
    const sealed = sealReplyV2({ session: { kid, epk, keys }, ts, plaintext: payload, requestIv, ...line });
    reply.headers({ 'x-apikee-encrypted': '1', 'content-type': 'application/json; charset=utf-8' });
    reply.removeHeader('content-length');
    done(null, sealed);
  });
}

/** A stream is the lines of an export, which only reads ask for, and those have no envelope. */
function isText(payload: unknown): payload is string | Buffer {
  return typeof payload === 'string' || Buffer.isBuffer(payload);
}
