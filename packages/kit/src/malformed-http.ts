import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ProblemCode, problemOf, problems } from '@keyward/contract/problem';
import { newId } from './random.ts';

/** What Node's server would answer by itself, for no request came of it, becomes a problem like any other. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  answerRaw(socket, { code: 'BAD_REQUEST', message: messages[error.code ?? ''] ?? 'This is not HTTP.' });
}

const messages: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long.',
  HPE_HEADER_OVERFLOW: 'The URL and the headers are too long.',
};

/** Answers on a bare connection, and ends it. */
export function answerRaw(socket: Duplex, { code, message }: { code: ProblemCode; message: string }): void {
  const { status } = problems[code];
  const body = JSON.stringify(problemOf(code, { message, requestId: newId() }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
