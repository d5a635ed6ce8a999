import { createHash, timingSafeEqual } from 'node:crypto';
import { internalHeaders } from '@keyward/contract/internal-headers';
import type { FastifyRequest } from 'fastify';
import { AppError } from './app-error.ts';

/** A check that a call comes from one of our own services: its token, compared in constant time. */
export function requireServiceToken(token: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(token);
  return async (request) => {
    const sent = request.headers[internalHeaders.serviceToken];
    if (typeof sent === 'string' && timingSafeEqual(digest(sent), expected)) return;
    throw new AppError('UNAUTHENTICATED', 'This route is for services of this installation only.');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
