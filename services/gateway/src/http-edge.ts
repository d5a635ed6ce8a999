import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { internalHeaderPrefix, organizationHeader } from '@keyward/contract/internal-headers';
import { type Problem, type ProblemCode, problems } from '@keyward/contract/problem';
import { AppError } from '@keyward/kit/app-error';
import type { App } from '@keyward/kit/http-app';
import { newId } from '@keyward/kit/random';

const requestTimeoutMs = 30_000;

/**
 * What Node answers by itself, before any route, becomes an answer of ours: a JSON problem for malformed HTTP, a
 * missing Host, an unknown expectation and CONNECT. Headers that only our own services may set go no further.
 */
export function guardEdge(app: App): void {
  const { server } = app;
  server.prependListener('request', dropInternalHeaders);
  server.requestTimeout = requestTimeoutMs;
  server.removeAllListeners('clientError');
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerMalformed(error, socket));
  server.on('connect', (_request, socket) =>
    answerRaw(socket, { code: 'METHOD_NOT_ALLOWED', message: 'This is no proxy.' }),
  );
  // An expectation other than 100-continue may be ignored: RFC 9110 §10.1.1 says MAY of 417.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // Node would answer 400 without a body. Its types do not know that the server reads this field on each request.
  Object.assign(server, { requireHostHeader: false });
  app.addHook('onRequest', async ({ raw }) => requireHost(raw));
}

function dropInternalHeaders({ headers }: IncomingMessage): void {
  for (const name in headers) {
    if (name.startsWith(internalHeaderPrefix) && name !== organizationHeader) delete headers[name];
  }
}

/** RFC 9112 §3.2: "A server MUST respond with a 400 status code to any HTTP/1.1 request message that lacks a Host". */
function requireHost({ headers, httpVersion }: IncomingMessage): void {
  if (headers.host === undefined && httpVersion === '1.1')
    throw new AppError('BAD_REQUEST', 'The Host header is missing.');
}

function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  answerRaw(socket, { code: 'BAD_REQUEST', message: tooLate ? 'The request took too long.' : 'This is not HTTP.' });
}

function answerRaw(socket: Duplex, { code, message }: { code: ProblemCode; message: string }): void {
  const { status, title } = problems[code];
  const problem: Problem = {
    type: 'about:blank',
    title,
    status,
    detail: message,
    error: code,
    message,
    requestId: newId(),
  };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
