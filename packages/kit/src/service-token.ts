import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { internalHeaders } from '@keyward/contract/internal-headers';
import type { FastifyReply, FastifyRequest } from 'fastify';
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

/**
 * A hook for what others call, too: whoever shows a token that is none forwards for somebody, and what it says of the call cannot be
 * believed. Taken for the caller itself, it would be judged by its own address, and an envelope be taken twice.
 */
export function refuseForeignServices(tokens: string): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const isServiceCall = serviceCallCheck(tokens);
  return async ({ headers }, reply) => {
    if (headers[internalHeaders.serviceToken] === undefined || isServiceCall(headers)) return;
    reply.header(internalHeaders.foreignService, '1');
    throw new AppError('UNAUTHENTICATED', 'What forwarded this call is not known to be of this installation.');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
