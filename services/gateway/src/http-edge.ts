import type { IncomingMessage } from 'node:http';
import { internalHeaderPrefix, organizationHeader } from '@keyward/contract/internal-headers';
import { AppError } from '@keyward/kit/app-error';
import type { App } from '@keyward/kit/http-app';
import { answerRaw } from '@keyward/kit/malformed-http';

const requestTimeoutMs = 30_000;

/**
 * What Node answers by itself, before any route, becomes an answer of ours: a JSON problem for a missing Host, an
 * unknown expectation and CONNECT. Headers that only our own services may set go no further.
 */
export function guardEdge(app: App): void {
  const { server } = app;
  server.prependListener('request', dropInternalHeaders);
  server.requestTimeout = requestTimeoutMs;
  server.on('connect', (_request, socket) =>
    answerRaw(socket, { code: 'METHOD_NOT_ALLOWED', message: 'This is no proxy.' }),
  );
  // An expectation other than 100-continue may be ignored: RFC 9110 §10.1.1 says MAY of 417.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // Node would answer 400 without a body. Its types do not know that the server reads this field on each request.
  Object.assign(server, { requireHostHeader: false });
  app.addHook('onRequest', ({ raw }, _reply, done) => done(lacksHost(raw) ? hostMissing() : undefined));
}

function dropInternalHeaders({ headers }: IncomingMessage): void {
  for (const name in headers) {
    if (name.startsWith(internalHeaderPrefix) && name !== organizationHeader) delete headers[name];
  }
}

/** RFC 9112 §3.2: "A server MUST respond with a 400 status code to any HTTP/1.1 request message that lacks a Host". */
function lacksHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === '1.1';
}

const hostMissing = () => new AppError('BAD_REQUEST', 'The Host header is missing.');
