import { Histogram, type Registry } from 'prom-client';
import type { App } from './http-app.ts';

/** Counts and times every call by its method, the pattern of its route and the class of its answer: never by what it names. */
export function measureRequests(app: App, metrics: Registry): void {
  const seconds = new Histogram({
    name: 'keyward_http_request_seconds',
    help: 'How long calls took, seconds, by method, route and class of answer; its count is the number of calls.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    const status = `${Math.floor(statusCode / 100)}xx`;
    seconds.observe({ method, route: routeOptions.url ?? 'none', status }, elapsedTime / 1_000);
  });
}
