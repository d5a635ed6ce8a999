import Type, { type Static } from 'typebox';
import { ProjectEnvQuery } from '../fields.ts';
import { Secret } from '../secret.ts';
import { verdictCodes } from '../verdict.ts';
import { VerifiedKey } from '../verified-key.ts';
import type { Route } from './route.ts';

/**
 * The facts of one request to a protected application, once the envelope is open (wire.md §2.3). Fields that are not
 * named here are ignored; `payload` is one of them: nothing behind the gateway has a use for it.
 */
export const ValidateBody = Type.Object({
  name: Type.Optional(Type.String({ maxLength: 256, description: 'A name for the key, recorded and never checked.' })),
  timestamp: Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{0,6})?(Z|[+-]\\d{2}:?\\d{2})$',
    description: 'When the SDK sent this: ISO 8601, 0 to 6 digits of fraction, Z or an offset.',
  }),
  headers: Secret(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
      description: "The caller's headers; names in any letter case.",
    }),
  ),
  cost: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      description: 'What the request takes of the limits; 1 unless said.',
    }),
  ),
  remoteAddress: Type.Optional(
    Type.String({ maxLength: 64, description: "The caller's address as the application's socket saw it." }),
  ),
  tellKey: Type.Optional(
    Type.Boolean({ description: 'Whoever is allowed is told of the key: its record says scopes, not its claims.' }),
  ),
});
export type ValidateBody = Static<typeof ValidateBody>;

export const ValidateQuery = Type.Object({
  project_env: ProjectEnvQuery,
  method_path: Type.String({
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+:(::)?/",
    description: 'An HTTP method (RFC 9110 §9.1: a token), `:` or `:::`, and the path; echoed exactly as sent.',
  }),
});
export type ValidateQuery = Static<typeof ValidateQuery>;

const { id, name, scopes, metadata, expiresAt } = VerifiedKey.properties;

/** What an application that asks for it is told of the key that it lets through. */
export const AllowedKey = Type.Object({ id, name, scopes, metadata, expiresAt });

export const ValidateReply = Type.Object({
  success: Type.Boolean(),
  clientId: Type.String(),
  project_env: Type.String(),
  method_path: Type.String(),
  durationMs: Type.Number(),
  degraded: Type.Optional(
    Type.Literal(true, {
      description: 'Allowed while the store is away, by the policy `open`: limits and replays were not looked at.',
    }),
  ),
  key: Type.Optional(AllowedKey),
  status: Type.Optional(Type.Integer({ description: 'What the application should answer its caller.' })),
  code: Type.Optional(Type.Enum(verdictCodes)),
  message: Type.Optional(Type.String()),
  expiredAt: Type.Optional(Type.String()),
  retryAfterSeconds: Type.Optional(Type.Integer({ description: 'With RATE_LIMITED, when waiting helps.' })),
  window: Type.Optional(Type.String({ description: 'With RATE_LIMITED: the window that is used up.' })),
  subject: Type.Optional(Type.String({ description: 'With RATE_LIMITED: whose limit it is, key or client.' })),
});
export type ValidateReply = Static<typeof ValidateReply>;

export const validate = {
  method: 'POST',
  url: '/api/v1/client/:id',
  access: { of: 'environment', serverKey: 'validate' },
  openedBody: ValidateBody,
  schema: {
    summary: 'Validate a customer key; `id` is the client, or `self`: the client is found by the key',
    params: Type.Object({
      id: Type.String({ pattern: '^(self|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$' }),
    }),
    querystring: ValidateQuery,
    response: { 200: ValidateReply },
  },
} as const satisfies Route;
