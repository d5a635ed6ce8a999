import {
  DecisionBatch,
  type DecisionLine,
  type DecisionReply,
  type DecisionRequest,
  decisions,
} from '@keyward/contract/decisions';
import { endDecision } from '@keyward/kit/decision-span';
import type { App } from '@keyward/kit/http-app';
import { requireServiceToken } from '@keyward/kit/service-token';
import { type Deciding, decideRequest } from '../decide-request.ts';
import { LineWriter } from '../line-writer.ts';

/** Decides a batch; each answer leaves as its own line as soon as it is there. */
export function decisionRoutes(app: App, deciding: Deciding, serviceToken: string): void {
  const { clock, metrics, tracing } = deciding;
  const options = { schema: { body: DecisionBatch }, onRequest: requireServiceToken(serviceToken) };
  app.post<{ Body: DecisionRequest[] }>(decisions.url, options, async (request, response) => {
    response.hijack();
    response.raw.writeHead(200, { 'content-type': decisions.contentType });
    const lines = new LineWriter(response.raw);
    const decideItem = async (sent: DecisionRequest, i: number) => {
      const span = tracing?.start('decide', { kind: 'server', parent: sent.traceparent });
      span?.set('keyward.event_id', sent.eventId);
      const item = span ? { ...sent, traceparent: span.traceparent } : sent;
      const startedMs = clock.monotonicMs();
      const reply = await decideRequest(deciding, item).catch((error): DecisionReply => {
        request.log.error({ err: error, eventId: item.eventId }, 'a request could not be decided');
        return { kind: 'unavailable', retryAfterSeconds: 1 };
      });
      metrics.decided(reply, clock.monotonicMs() - startedMs);
      if (span) endDecision(span, reply);
      lines.write({ i, reply } satisfies DecisionLine);
    };
    await Promise.all(request.body.map(decideItem));
    lines.end();
  });
}
