import Type, { type Static } from 'typebox';
import { Id, Scope } from '../fields.ts';
import { Secret } from '../secret.ts';
import { verdictCodes } from '../verdict.ts';
import { VerifiedKey } from '../verified-key.ts';
import { type Route, strict } from './route.ts';
import { ValidateBody, ValidateQuery, ValidateReply } from './validate.ts';

/** A key, and what it is used for (wire.md §8). */
export const VerifyBody = Type.Object(
  {
    key: Type.Optional(Secret(Type.String({ description: 'The customer key; without one it is MISSING_KEY.' }))),
    requiredScopes: Type.Optional(
      Type.Array(Scope, { maxItems: 100, description: 'The key must hold all of them; `read:*` and `*` count.' }),
    ),
    productId: Type.Optional({
      ...Id,
      description:
        'The product that the key is used for: one of another product is not valid, one without a product is.',
    }),
    projectEnv: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'The environment, which is that of the credential.' }),
    ),
    checkRateLimit: Type.Optional(
      Type.Boolean({ description: 'false: it takes nothing of the limits, and none refuses it; as a `cost` of 0.' }),
    ),
    trackUsage: Type.Optional(
      Type.Boolean({
        description: 'false: it is logged and counted, but `useCount` and `lastUsedAt` stay as they are.',
      }),
    ),
    cost: ValidateBody.properties.cost,
    ip: Type.Optional(
      Type.String({
        maxLength: 45,
        description:
          "The caller's address, as the application has found it; without it a key with an IP list is refused.",
      }),
    ),
    methodPath: Type.Optional({
      ...ValidateQuery.properties.method_path,
      maxLength: 16_384,
      description: 'The endpoint that is called, `GET:/users/7`, which may be disabled or require scopes.',
    }),
    userAgent: Type.Optional(Type.String({ maxLength: 8_192, description: "The caller's, for the logs." })),
    timestamp: Type.Optional({
      ...ValidateBody.properties.timestamp,
      description: 'When this was sent. In an envelope it is required, for it bounds how long the envelope is good.',
    }),
  },
  strict,
);
export type VerifyBody = Static<typeof VerifyBody>;

const { degraded, expiredAt, retryAfterSeconds, window, subject } = ValidateReply.properties;

export const VerifyReply = Type.Object({
  valid: Type.Boolean(),
  code: Type.Enum(verdictCodes),
  status: Type.Integer({ description: 'What the application should answer its caller.' }),
  message: Type.String(),
  key: Type.Optional(VerifiedKey),
  degraded,
  expiredAt,
  retryAfterSeconds,
  window,
  subject,
});
export type VerifyReply = Static<typeof VerifyReply>;

export const verify = {
  method: 'POST',
  url: '/api/v1/key/verify',
  access: { of: 'environment', serverKey: 'validate' },
  openedBody: VerifyBody,
  schema: {
    summary: 'Verify a customer key, and be told of it',
    response: { 200: VerifyReply },
  },
} as const satisfies Route;
