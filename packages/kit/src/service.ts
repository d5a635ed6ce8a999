import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { Registry } from 'prom-client';
import type { Static, TObject } from 'typebox';
import { type Clock, systemClock } from './clock.ts';
import { type App, createHttpApp, type HttpAppOptions } from './http-app.ts';
import { createLogger, type Logger } from './logger.ts';
import { measureRequests } from './measure-requests.ts';
import { pause } from './pause.ts';
import { refuseOtherMethods } from './refuse-methods.ts';
import { ServerTls, type ServerTlsPaths } from './server-tls.ts';
import { serviceCallCheck } from './service-token.ts';
import { showProcess } from './show-process.ts';
import { traceRequests } from './trace-requests.ts';
import { openTracing, type Tracing } from './tracing.ts';
import type { TracingConfig } from './tracing-config.ts';

export interface ServiceContext<C> {
  config: C;
  logger: Logger;
  clock: Clock;
  /** What this service tells of itself at `/metrics`, where it has that route. */
  metrics: Registry;
  /** undefined: nothing is traced. */
  tracing: Tracing | undefined;
  /** Whatever is opened is handed to this stack: it is closed in reverse, also when opening fails half-way. */
  own: AsyncDisposableStack;
}

/** A service is a value: nothing is read from the environment, nothing started, until `startService`. */
export interface ServiceDefinition<C extends TObject, D> {
  name: string;
  config: C;
  /** The schemas whose secret fields this service's log must redact. */
  schemas: readonly unknown[];
  bodyLimitBytes: number;
  /** Has it a route `/metrics`? Only where nobody from outside comes. */
  showsMetrics?: true;
  /** Where they come, `/metrics` has a port of its own, and says of each route how it is called; undefined: it is not shown. */
  metricsPort?: (config: Static<C>) => number | undefined;
  /** Is each call of a route a step of its caller's trace? */
  tracesRequests?: true;
  /** The largest head of a request, bytes; Node's own limit unless it is set. */
  maxHeaderBytes?: number;
  /** It stores what it is told: inputs that hold what Postgres cannot are refused. */
  storesInput?: true;
  /** Its routes are all that there is at their URLs: any other method is answered 405. */
  ownsItsUrls?: true;
  /** The token that its callers from this installation show, if it has such callers; their request ids are taken over. */
  serviceToken?: (config: Static<C>) => string;
  /** Is this error of a store that is away? It is answered 503. */
  isAway?: (error: unknown) => boolean;
  connect(context: ServiceContext<Static<C>>): Promise<D>;
  routes(app: App, dependencies: D, context: ServiceContext<Static<C>>): void;
  ready?(dependencies: D): Promise<boolean>;
  /** Work that begins once the door is open, and stops before the stores close. */
  background?(dependencies: D, context: ServiceContext<Static<C>>): AsyncDisposable;
}

export function defineService<C extends TObject, D>(definition: ServiceDefinition<C, D>): ServiceDefinition<C, D> {
  return definition;
}

export interface RunningService extends AsyncDisposable {
  name: string;
  url: string;
  /** Where `/metrics` is, if it has a port of its own. */
  metricsUrl: string | undefined;
}

interface StartOptions<C> {
  config: C;
  host: string;
  /** 0 = any free port. */
  port: number;
  logLevel: string;
  /** Speaks TLS by these files; plain HTTP unless they are given. */
  tls?: ServerTlsPaths | undefined;
  /** How long it goes on serving, not ready, once it is disposed, ms; not at all unless it is said. */
  drainMs?: number;
  clock?: Clock;
  logger?: Logger;
  tracing?: TracingConfig;
}

/**
 * Opens what the service needs, listens, and answers its URL. Dispose it to stop: it is not ready any more, and drains; then the
 * door closes, calls under way are finished, and the stores are closed last.
 */
export async function startService<C extends TObject, D>(
  definition: ServiceDefinition<C, D>,
  options: StartOptions<Static<C>>,
): Promise<RunningService> {
  await using opening = new AsyncDisposableStack();
  const { config, clock = systemClock, drainMs = 0 } = options;
  const stopping = { isDraining: false };
  const schemas = [...definition.schemas, definition.config];
  const logger = options.logger ?? createLogger({ service: definition.name, level: options.logLevel, schemas });
  // Opened first, so closed last: what closing the others still does is traced, too.
  const tracing = await openTracing({ service: definition.name, config: options.tracing, clock, logger });
  if (tracing) opening.use(tracing);
  const context: ServiceContext<Static<C>> = { config, logger, clock, metrics: new Registry(), tracing, own: opening };
  const dependencies = await definition.connect(context);
  const appOptions: HttpAppOptions = {
    logger: logger as FastifyBaseLogger,
    bodyLimitBytes: definition.bodyLimitBytes,
    maxHeaderBytes: definition.maxHeaderBytes,
    storesInput: definition.storesInput,
    isServiceCall: definition.serviceToken ? serviceCallCheck(definition.serviceToken(config)) : () => false,
    isAway: definition.isAway ?? (() => false),
    ready: async () => (await definition.ready?.(dependencies)) ?? true,
    isDraining: () => stopping.isDraining,
  };
  const tls = options.tls && opening.use(new ServerTls(options.tls, logger));
  const app = createHttpApp({ ...appOptions, tls });
  if (tracing && definition.tracesRequests) traceRequests(app, tracing);
  const metricsPort = definition.metricsPort?.(config);
  if (metricsPort !== undefined) measureRequests(app, context.metrics);
  if (definition.showsMetrics || metricsPort !== undefined) showProcess(context.metrics);
  if (definition.showsMetrics) showMetrics(app, context.metrics);
  const register = () => definition.routes(app, dependencies, context);
  if (definition.ownsItsUrls) refuseOtherMethods(app, register);
  else register();
  if (definition.background) opening.use(definition.background(dependencies, context));
  const { host } = options;
  const listen = async (each: App, port: number): Promise<string> => {
    opening.defer(() => each.close());
    await each.listen({ host, port });
    return `${each === app && tls ? 'https' : 'http'}://${host}:${(each.server.address() as AddressInfo).port}`; // listening on TCP
  };
  const metricsUrl = metricsPort === undefined ? undefined : await listen(metricsApp(appOptions, context), metricsPort);
  const url = await listen(app, options.port);
  const owned = opening.move();
  logger.info({ port: Number(new URL(url).port) }, 'listening');
  return {
    name: definition.name,
    url,
    metricsUrl,
    async [Symbol.asyncDispose]() {
      stopping.isDraining = true;
      await pause(drainMs);
      await owned.disposeAsync();
    },
  };
}

function metricsApp(options: HttpAppOptions, { metrics }: { metrics: Registry }): App {
  const app = createHttpApp(options);
  showMetrics(app, metrics);
  return app;
}

function showMetrics(app: App, metrics: Registry): void {
  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.metrics();
  });
}
