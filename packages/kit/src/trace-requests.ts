import { traceparentHeader } from '@keyward/contract/traceparent';
import type { App } from './http-app.ts';
import type { Span, Tracing } from './tracing.ts';

const spans = new WeakMap<object, Span>();

/** A span for each call, by its method and the pattern of its route: never by what it names. It goes on with its caller's trace. */
export function traceRequests(app: App, tracing: Tracing): void {
  app.addHook('onRequest', async (request) => {
    const { method, headers, routeOptions } = request;
    const parent = headers[traceparentHeader];
    const route = routeOptions.url ?? 'none';
    const span = tracing.start(`${method} ${route}`, {
      kind: 'server',
      parent: typeof parent === 'string' ? parent : undefined,
    });
    span.set('http.request.method', method);
    span.set('http.route', route);
    spans.set(request, span);
  });
  app.addHook('onResponse', async (request, { statusCode }) => {
    const span = spans.get(request);
    span?.set('http.response.status_code', statusCode);
    if (statusCode >= 500) span?.fail();
    span?.end();
  });
}

/** The context of a call's span; none: nothing is traced. */
export function tracedBy(request: object): { traceparent?: string } {
  const span = spans.get(request);
  return span ? { traceparent: span.traceparent } : {};
}
