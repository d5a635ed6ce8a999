import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { internalHeaders } from '@keyward/contract/internal-headers';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController, type RawServerDefault } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from './app-error.ts';
import { answerMalformed } from './malformed-http.ts';
import { sendProblem } from './problem-reply.ts';
import { newId } from './random.ts';
import type { ServerTls } from './server-tls.ts';
import { storageFaults } from './stored-text.ts';
import { schemaFaults, textReader } from './validation.ts';

/** Handlers get their input typed by the route's own schema. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const none: ReturnType<typeof storageFaults> = [];

export interface HttpAppOptions {
  logger: FastifyBaseLogger;
  /** The largest body that any route takes, bytes. */
  bodyLimitBytes: number;
  /** The largest head of a request, bytes; Node's own limit unless it is set. */
  maxHeaderBytes?: number | undefined;
  /** Speaks TLS by this, if it is set. */
  tls?: ServerTls | undefined;
  /** Is what it is told stored? Then no input may hold what Postgres cannot. */
  storesInput?: boolean | undefined;
  /** Calls of our own services bring their request's id along. */
  isServiceCall: (headers: IncomingHttpHeaders) => boolean;
  /** Is this error of a store that is away? */
  isAway: (error: unknown) => boolean;
  /** Asked by `/readyz`. */
  ready: () => Promise<boolean>;
  /** Is it about to stop? Then it is not ready, and answers every call as the last of its connection. */
  isDraining?: () => boolean;
}

/** A Fastify server in the house's manner: strict bodies, all faults at once, problem+json, routes of health. */
export function createHttpApp(options: HttpAppOptions): App {
  const { logger, bodyLimitBytes, maxHeaderBytes, tls, storesInput = false, isServiceCall, isAway, ready } = options;
  const { isDraining = () => false } = options;
  const head = maxHeaderBytes === undefined ? {} : { maxHeaderSize: maxHeaderBytes };
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    ...(tls ? { https: { ...head, ...tls.options } } : { http: head }),
    requestIdHeader: false,
    genReqId: ({ headers }) => (isServiceCall(headers) && sentRequestId(headers)) || newId(),
    // One logger for all: a child for each request costs more than most requests' work.
    childLoggerFactory: (each) => each,
    forceCloseConnections: 'idle',
    // What comes over a connection that is still open is answered like what came before.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    frameworkErrors: sendProblem,
    clientErrorHandler: answerMalformed,
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App; // routes do not see which of the two servers it is
  tls?.attach(app.server as unknown as HttpsServer);
  readJson(app);
  // Told on the raw answer, which routes that write their own share. Whoever is told so connects anew, and reaches another replica.
  app.addHook('onRequest', (_request, reply, done) => {
    if (isDraining()) reply.raw.setHeader('connection', 'close');
    done();
  });
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const compiled = Compile(schema as Parameters<typeof Compile>[0]); // Fastify hands back the schema we gave it
    // A body is taken as it was sent; everything else arrives as text.
    const read =
      httpPart === 'body' ? (value: unknown) => value : textReader(schema as Parameters<typeof textReader>[0]);
    return (sent) => {
      const value = read(sent);
      const unfit = storesInput ? storageFaults(value) : none;
      if (unfit.length === 0 && compiled.Check(value)) return { value };
      return { error: [...unfit, ...schemaFaults(compiled.Errors(value), schema as TSchema)] as never };
    };
  });
  app.setErrorHandler((error, request, reply) => sendProblem(isAway(error) ? storeAway(error) : error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new AppError('NOT_FOUND', 'There is no such route.'), request, reply),
  );
  // The same by two names. It asks no store: whoever restarts processes by it would restart all of them in an outage.
  for (const url of ['/livez', '/healthz']) app.get(url, async () => ({ status: 'up' }));
  app.get('/readyz', async () => {
    if (isDraining()) throw stopping();
    if (!(await ready())) throw storeAway(undefined);
    return { status: 'ready' };
  });
  return app;
}

/**
 * JSON alone, as it is, and nothing for an empty body: many clients send a content type along with a DELETE. A member named
 * `__proto__` is a member like any other: it is a legal header name, so an end user must not be able to make us fail
 * by sending one, and nothing here merges objects by assignment.
 */
function readJson(app: App): void {
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    async (_request: unknown, text: string) => {
      if (text === '') return undefined;
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw new AppError('BAD_REQUEST', 'The body is not JSON.', { cause });
      }
    },
  );
}

function sentRequestId(headers: IncomingHttpHeaders): string | undefined {
  const sent = headers[internalHeaders.requestId];
  return typeof sent === 'string' ? sent : undefined;
}

function storeAway(cause: unknown): AppError {
  return new AppError('UNAVAILABLE', 'A store that this service needs is away; try again.', {
    cause,
    retryAfterSeconds: 1,
  });
}

function stopping(): AppError {
  return new AppError('UNAVAILABLE', 'This process is about to stop.', { retryAfterSeconds: 1 });
}
