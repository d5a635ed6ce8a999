import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { internalHeaders } from '@keyward/contract/internal-headers';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController, type RawServerDefault } from 'fastify';
import { Compile } from 'typebox/compile';
import { AppError } from './app-error.ts';
import { sendProblem } from './problem-reply.ts';
import { newId } from './random.ts';
import { textReader } from './validation.ts';

/** Handlers get their input typed by the route's own schema. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

interface HttpAppOptions {
  logger: FastifyBaseLogger;
  /** The largest body that any route takes, bytes. */
  bodyLimitBytes: number;
  /** Only our own services call it, so a request id in their header is taken over. */
  trustRequestId: boolean;
  /** Asked by `/readyz`. */
  ready: () => Promise<boolean>;
}

/** A Fastify server in the house's manner: strict bodies, all faults at once, problem+json, two health routes. */
export function createHttpApp(options: HttpAppOptions): App {
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes,
    requestIdHeader: options.trustRequestId ? internalHeaders.requestId : false,
    // One logger for all: a child for each request costs more than most requests' work.
    childLoggerFactory: (logger) => logger,
    genReqId: () => newId(),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    frameworkErrors: sendProblem,
  }).withTypeProvider<TypeBoxTypeProvider>() as App;
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const compiled = Compile(schema as Parameters<typeof Compile>[0]); // Fastify hands back the schema we gave it
    // A body is taken as it was sent; everything else arrives as text.
    const read =
      httpPart === 'body' ? (value: unknown) => value : textReader(schema as Parameters<typeof textReader>[0]);
    return (sent) => {
      const value = read(sent);
      return compiled.Check(value) ? { value } : { error: compiled.Errors(value) as never };
    };
  });
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new AppError('NOT_FOUND', 'There is no such route.'), request, reply),
  );
  app.get('/healthz', async () => ({ status: 'up' }));
  app.get('/readyz', async () => {
    if (!(await options.ready()))
      throw new AppError('UNAVAILABLE', 'A store that this service needs is away.', { retryAfterSeconds: 1 });
    return { status: 'ready' };
  });
  return app;
}
