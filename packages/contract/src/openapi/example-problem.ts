import { type Problem, type ProblemCode, problemOf, problems } from '../problem.ts';

/** Such a problem, as somebody may be told of it. */
export function exampleProblem(code: ProblemCode): Problem {
  const { message = `${problems[code].title}.`, ...more } = told[code] ?? {};
  return { ...problemOf(code, { message, requestId: '019aa5c1-9f4e-7c2b-8d31-6e0f5a7b9c42' }), ...more };
}

const told: { [code in ProblemCode]?: Pick<Problem, 'errors' | 'existingId'> & { message?: string } } = {
  BAD_REQUEST: { message: 'You belong to several organizations: name one in X-Keyward-Organization.' },
  INVALID_INPUT: {
    message: 'The input is not valid: /name is required; /keys/0/expiresAt must be in the future.',
    errors: [
      { path: '/name', message: 'is required' },
      { path: '/keys/0/expiresAt', message: 'must be in the future' },
    ],
  },
  TOO_BROAD: { message: 'There is too much to look through: narrow from and to.' },
  UNAUTHENTICATED: { message: 'The server key or account key is missing or not valid.' },
  FORBIDDEN: { message: 'This needs the role developer in this organization, and yours is viewer.' },
  NOT_FOUND: { message: 'There is no such client.' },
  ALREADY_EXISTS: {
    message: 'This environment has a template of that name.',
    existingId: '019aa5c1-7d25-7a81-b6f0-3c9d2e4f8a15',
  },
  CONFLICT: { message: 'A revoked key cannot become active again; add a new one.' },
  REPLAYED: { message: 'This envelope was already received.' },
  PRECONDITION_FAILED: { message: 'It has changed since you read it: read it again, and repeat the change.' },
  TOO_LARGE: { message: 'The body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { message: 'Send the body as application/json.' },
  IDEMPOTENCY_KEY_REUSED: { message: 'This Idempotency-Key was used for another request; take a new one.' },
  INTERNAL: { message: 'Something went wrong on our side; the log has the request id.' },
  UNAVAILABLE: { message: 'A store that this service needs is away; try again.' },
};
