import { Histogram, type Registry } from 'prom-client';
import type { App } from './http-app.ts';
import { keptChildren } from './kept-children.ts';

/** Asked every few seconds by whoever runs the processes, and refused by one that is to stop: nobody's calls. */
const probes = ['/livez', '/healthz', '/readyz'];

/** Counts and times every call but probes, by its method, the pattern of its route and the class of its answer: never by what it names. */
export function measureRequests(app: App, metrics: Registry): void {
  const seconds = new Histogram({
    name: 'keyward_http_request_seconds',
    help: 'How long calls took, seconds, by method, route and class of answer, but for probes; its count is the number of calls.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  const secondsOf = keptChildren(seconds);
  app.addHook('onResponse', ({ method, routeOptions }, { statusCode, elapsedTime }, done) => {
    done();
    const { url: route = 'none' } = routeOptions;
    if (probes.includes(route)) return;
    const status = `${Math.floor(statusCode / 100)}xx`;
    secondsOf(method, route, status).observe(elapsedTime / 1_000);
  });
}
