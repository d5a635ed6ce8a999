import Type, { type Static } from 'typebox';

/** The closed list of errors that are not verdicts (wire.md, "Errors everywhere"): code → HTTP status and title. */
export const problems = {
  BAD_REQUEST: { status: 400, title: 'The request is malformed' },
  INVALID_INPUT: { status: 400, title: 'The input is not valid' },
  TOO_BROAD: { status: 400, title: 'To answer this would take too long' },
  STALE_REQUEST: { status: 400, title: 'The request is too old, or a clock is wrong' },
  INVALID_ENVELOPE: { status: 400, title: 'The envelope could not be opened' },
  UNAUTHENTICATED: { status: 401, title: 'The credential is missing or not valid' },
  FORBIDDEN: { status: 403, title: 'The credential does not allow this' },
  ENCRYPTION_REQUIRED: { status: 403, title: 'This environment takes encrypted requests only' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The method is not allowed here' },
  ALREADY_EXISTS: { status: 409, title: 'It exists already' },
  CONFLICT: { status: 409, title: 'The request conflicts with the present state' },
  REPLAYED: { status: 409, title: 'This request was already received' },
  PRECONDITION_FAILED: { status: 412, title: 'It has changed since you read it' },
  TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type is not supported' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key was used for another request' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Something went wrong on our side' },
  UNAVAILABLE: { status: 503, title: 'Keyward cannot answer just now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** RFC 9457 problem details with the members that published SDKs read (`error`, `message`). */
export const Problem = Type.Object({
  type: Type.String({
    description: 'A URI reference that identifies the problem type; `about:blank` when the code says it all.',
  }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  error: Type.String({ description: 'The code, one of a closed list.' }),
  message: Type.String({ description: 'The same sentence as `detail`.' }),
  requestId: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  existingId: Type.Optional(Type.String({ description: 'With `ALREADY_EXISTS`: the id of what is there.' })),
});
export type Problem = Static<typeof Problem>;

/** What is answered for a code, with the members that every problem has. */
export function problemOf(code: ProblemCode, { message, requestId }: Pick<Problem, 'message' | 'requestId'>): Problem {
  const { status, title } = problems[code];
  return { type: 'about:blank', title, status, detail: message, error: code, message, requestId };
}
