import type { ProblemCode } from '../problem.ts';
import type { Route } from '../routes/route.ts';

/** What a call of the route may be refused with: the one place that says so. */
export function problemCodesOf(route: Route, operationId: string): ProblemCode[] {
  const { access, method, schema } = route;
  const isWrite = method !== 'GET';
  const hasBody = schema.body !== undefined || operationId === 'validate';
  const codes: [boolean, ...ProblemCode[]][] = [
    [true, 'BAD_REQUEST'],
    [hasBody || schema.querystring !== undefined || schema.params !== undefined, 'INVALID_INPUT'],
    [access.of !== 'nobody', 'UNAUTHENTICATED', 'FORBIDDEN'],
    [access.of !== 'nobody' && operationId !== 'validate', 'NOT_FOUND'],
    [isWrite && method !== 'DELETE' && operationId !== 'validate', 'ALREADY_EXISTS', 'CONFLICT'],
    [method === 'PUT' || method === 'PATCH' || method === 'DELETE', 'PRECONDITION_FAILED'],
    [hasBody, 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
    [method === 'POST' && operationId !== 'validate', 'IDEMPOTENCY_KEY_REUSED'],
    [true, ...(ofItsOwn[operationId] ?? [])],
    [true, 'INTERNAL', 'UNAVAILABLE'],
  ];
  return [...new Set(codes.flatMap(([applies, ...each]) => (applies ? each : [])))];
}

/** By the names that routes are declared by. */
const ofItsOwn: Readonly<Record<string, readonly ProblemCode[]>> = {
  validate: ['INVALID_ENVELOPE'],
  createClient: ['INVALID_ENVELOPE', 'ENCRYPTION_REQUIRED', 'REPLAYED'],
  listLogs: ['TOO_BROAD'],
  readUsage: ['TOO_BROAD'],
  listAudit: ['TOO_BROAD'],
};
