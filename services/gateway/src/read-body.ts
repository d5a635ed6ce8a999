import type { IncomingMessage } from 'node:http';
import { AppError } from '@keyward/kit/app-error';
import type { App } from '@keyward/kit/http-app';

/** So much of a body that is too large is still read: who is answered while it sends sees a broken connection, no 413. */
const drainBytes = 4 * 1_048_576;

interface Routed {
  routeOptions: { bodyLimit?: number | undefined };
}

/** Bodies reach the routes as bytes, whatever their content type, and never more than the route's limit. */
export function takeBodiesAsBytes(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: Routed, payload: IncomingMessage) =>
    readBody(payload, request.routeOptions.bodyLimit ?? drainBytes),
  );
}

function readBody(stream: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  if (Number(stream.headers['content-length']) > drainBytes) reject(tooLarge(limitBytes));
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limitBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > drainBytes) reject(tooLarge(limitBytes));
  });
  stream.on('end', () => (bytes <= limitBytes ? resolve(Buffer.concat(chunks, bytes)) : reject(tooLarge(limitBytes))));
  stream.on('error', (cause) => reject(new AppError('BAD_REQUEST', 'The body broke off.', { cause })));
  return promise;
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('TOO_LARGE', `The body is larger than ${limitBytes} bytes.`);
}
