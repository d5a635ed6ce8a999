import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { internalHeaders } from '@keyward/contract/internal-headers';
import type { FastifyRequest } from 'fastify';
import { AppError } from './app-error.ts';

/** Does a call come from one of our own services? Its token is compared in constant time. */
export function serviceCallCheck(token: string): (headers: IncomingHttpHeaders) => boolean {
  const expected = digest(token);
  return (headers) => {
    const sent = headers[internalHeaders.serviceToken];
    return typeof sent === 'string' && timingSafeEqual(digest(sent), expected);
  };
}

/** A hook that refuses every call but those of our own services. */
export function requireServiceToken(token: string): (request: FastifyRequest) => Promise<void> {
  const isServiceCall = serviceCallCheck(token);
  return async ({ headers }) => {
    if (!isServiceCall(headers))
      throw new AppError('UNAUTHENTICATED', 'This route is for services of this installation only.');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
