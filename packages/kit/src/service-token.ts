import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { internalHeaders } from '@keyward/contract/internal-headers';
import type { FastifyRequest } from 'fastify';
import { AppError } from './app-error.ts';

/** Does a call come from one of our own services? Its token is compared in constant time with each that SERVICE_TOKEN holds. */
export function serviceCallCheck(tokens: string): (headers: IncomingHttpHeaders) => boolean {
  const expected = tokens.split(' ').map(digest);
  return (headers) => {
    const sent = headers[internalHeaders.serviceToken];
    if (typeof sent !== 'string') return false;
    const shown = digest(sent);
    return expected.some((each) => timingSafeEqual(shown, each));
  };
}

/** The token to show, of those that SERVICE_TOKEN holds. */
export function shownToken(tokens: string): string {
  return tokens.split(' ')[0] ?? tokens;
}

/** A hook that refuses every call but those of our own services. */
export function requireServiceToken(tokens: string): (request: FastifyRequest) => Promise<void> {
  const isServiceCall = serviceCallCheck(tokens);
  return async ({ headers }) => {
    if (!isServiceCall(headers))
      throw new AppError('UNAUTHENTICATED', 'This route is for services of this installation only.');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
