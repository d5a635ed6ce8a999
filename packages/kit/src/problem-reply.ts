import { problemOf, problems } from '@keyward/contract/problem';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from './app-error.ts';
import { inputFaults } from './validation.ts';

/** The one place where an error becomes an answer: `application/problem+json` (RFC 9457). A 5xx carries no detail. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asAppError(error);
  const { status, title } = problems[known.code];
  // A 503 is one of very many while a store is away; who finds it away says so, once in a while.
  const level = status === 503 ? 'debug' : 'error';
  if (status >= 500) request.log[level]({ err: known.cause ?? known, requestId: request.id }, title);
  const message = status === 500 ? 'Something went wrong on our side; the log has the request id.' : known.message;
  const body = problemOf(known.code, { message, requestId: request.id });
  if (known.errors) body.errors = known.errors;
  if (known.existingId) body.existingId = known.existingId;
  if (known.retryAfterSeconds !== undefined) reply.header('retry-after', known.retryAfterSeconds);
  // A ready text, so that no route's response schema for this status reshapes a problem.
  return reply
    .code(status)
    .type('application/problem+json; charset=utf-8')
    .serializer(String)
    .send(JSON.stringify(body));
}

/** What callers call the parts that Fastify validates. */
const partNames: Readonly<Record<string, string>> = { body: 'body', querystring: 'query', params: 'path' };

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const thrown = error as FastifyError & { validation?: unknown[]; validationContext?: string };
  if (Array.isArray(thrown.validation)) {
    const errors = inputFaults(thrown.validation as Parameters<typeof inputFaults>[0]); // made by our validator compiler
    const where = partNames[thrown.validationContext ?? ''] ?? 'input';
    return new AppError(
      'INVALID_INPUT',
      `The ${where} is not valid: ${errors.map((e) => `${e.path || '/'} ${e.message}`).join('; ')}.`,
      { errors },
    );
  }
  switch (thrown.statusCode) {
    case 400:
      return new AppError(
        'BAD_REQUEST',
        'The request is malformed: the body is not JSON, or a header or the URL is broken.',
        { cause: error },
      );
    case 413:
      return new AppError('TOO_LARGE', 'The body is too large.', { cause: error });
    case 414:
      return new AppError('BAD_REQUEST', 'The URL is too long.', { cause: error });
    case 415:
      return new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.', { cause: error });
    case 503:
      return new AppError('UNAVAILABLE', 'The service is stopping; try again.', { cause: error, retryAfterSeconds: 1 });
    default:
      return new AppError('INTERNAL', 'internal error', { cause: error });
  }
}
