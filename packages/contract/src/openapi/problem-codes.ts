import type { ProblemCode } from '../problem.ts';
import type { Route } from '../routes/route.ts';

/** What a call of the route may be refused with: the one place that says so. */
export function problemCodesOf(route: Route, operationId: string): ProblemCode[] {
  const { access, method, schema, openedBody } = route;
  /** It ends in a verdict, whatever it names. */
  const isDecided = openedBody !== undefined;
  const isWrite = method !== 'GET';
  const hasBody = schema.body !== undefined || isDecided;
  const codes: [boolean, ...ProblemCode[]][] = [
    [true, 'BAD_REQUEST'],
    [hasBody || schema.querystring !== undefined || schema.params !== undefined, 'INVALID_INPUT'],
    [access.of !== 'nobody', 'UNAUTHENTICATED', 'FORBIDDEN'],
    [access.of !== 'nobody' && !isDecided, 'NOT_FOUND'],
    [isWrite && method !== 'DELETE' && !isDecided && access.of !== 'nobody', 'ALREADY_EXISTS', 'CONFLICT'],
    [method === 'PUT' || method === 'PATCH' || method === 'DELETE', 'PRECONDITION_FAILED'],
    [hasBody, 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
    [method === 'POST' && !isDecided && access.of !== 'nobody', 'IDEMPOTENCY_KEY_REUSED'],
    [isDecided, 'INVALID_ENVELOPE'],
    [true, ...(ofItsOwn[operationId] ?? [])],
    [true, 'INTERNAL', 'UNAVAILABLE'],
  ];
  return [...new Set(codes.flatMap(([applies, ...each]) => (applies ? each : [])))];
}

/** By the names that routes are declared by. */
const ofItsOwn: Readonly<Record<string, readonly ProblemCode[]>> = {
  createClient: ['INVALID_ENVELOPE', 'STALE_REQUEST', 'ENCRYPTION_REQUIRED', 'REPLAYED'],
  deleteKeyImport: ['CONFLICT'],
  deleteOrganization: ['CONFLICT'],
  deleteProduct: ['CONFLICT'],
  deleteProject: ['CONFLICT'],
  deleteSigningSecret: ['CONFLICT'],
  deleteTemplate: ['CONFLICT'],
  eraseUser: ['CONFLICT'],
  leaveOrganization: ['CONFLICT'],
  removeMember: ['CONFLICT'],
  revokeInvitation: ['CONFLICT'],
  listLogs: ['TOO_BROAD'],
  readUsage: ['TOO_BROAD'],
  listAudit: ['TOO_BROAD'],
  listKeys: ['TOO_BROAD'],
  signIn: ['UNAUTHENTICATED', 'FORBIDDEN', 'TOO_MANY_REQUESTS'],
  changePassword: ['TOO_MANY_REQUESTS'],
  registerByInvitation: ['NOT_FOUND', 'ALREADY_EXISTS', 'CONFLICT'],
};
