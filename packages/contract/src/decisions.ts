import Type, { type Static } from 'typebox';
import { ExceededLimit, LimitStatus } from './limits.ts';
import { Secret } from './secret.ts';
import { traceparent } from './traceparent.ts';
import { verdictCodes } from './verdict.ts';
import { VerifiedKey } from './verified-key.ts';

/** The longest value of `x-apikee-signature` that anybody looks at; RSA of 8,192 bits takes 1,366 characters. */
export const maxSignatureLength = 2_048;

/**
 * What the gateway asks of the validator: many requests in one HTTP call, answered line by line as each is decided
 * (NDJSON), so that a slow shard delays only its own. `eventId` is minted by the gateway: the same item sent again,
 * to whichever validator, gets the same answer and is counted once.
 */
export const DecisionRequest = Type.Object({
  eventId: Type.String({ description: 'UUIDv7' }),
  serverKey: Secret(Type.String({ maxLength: 256 })),
  clientId: Type.String({ description: 'A client id in lower case, or `self`.' }),
  projectEnv: Type.Optional(Type.String()),
  methodPath: Type.Optional(
    Type.String({ description: 'Without one no endpoint is asked for: a verification may say none.' }),
  ),
  name: Type.Optional(Type.String()),
  timestampMs: Type.Number({ description: "The requester's clock, Unix ms." }),
  headers: Secret(Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]))),
  remoteAddress: Type.Optional(Type.String()),
  replayId: Type.Optional(
    Type.String({ maxLength: 64, description: 'Names the envelope by its AES key and iv; a plain body has none.' }),
  ),
  signature: Type.Optional(
    Type.Object(
      {
        value: Type.String({ maxLength: maxSignatureLength, description: 'Empty when what was sent can be none.' }),
        clientId: Type.String(),
        timestamp: Type.String(),
      },
      { description: 'The `x-apikee-signature` that was sent, and what it is over beside methodPath, as it was sent.' },
    ),
  ),
  cost: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      description: 'What the request takes of the limits; 1 unless said.',
    }),
  ),
  verify: Type.Optional(
    Type.Object(
      {
        key: Secret(Type.String({ description: 'The key, instead of one in the headers; empty when there is none.' })),
        requiredScopes: Type.Optional(Type.Array(Type.String(), { description: 'The key must hold all of them.' })),
        productId: Type.Optional(Type.String({ description: 'The product that the key is used for.' })),
        untracked: Type.Optional(Type.Literal(true, { description: 'It is no use of the key.' })),
      },
      { description: 'A key is verified, and the reply tells of it.' },
    ),
  ),
  tellsKey: Type.Optional(Type.Literal(true, { description: 'The reply tells of the key that is let through.' })),
  traceparent: Type.Optional(traceparent('The trace that it belongs to, as W3C has it.')),
  elapsedUs: Type.Integer({
    minimum: 0,
    description: 'Time spent on the request before it was sent here, microseconds.',
  }),
});
export type DecisionRequest = Static<typeof DecisionRequest>;

export const DecisionBatch = Type.Array(DecisionRequest, { minItems: 1, maxItems: 256 });

/** A verdict, or why there is none: the server key was refused, it may not ask for verdicts, or the stores are away. */
export const DecisionReply = Type.Union([
  Type.Object({
    kind: Type.Literal('decided'),
    verdict: Type.Enum(verdictCodes),
    clientId: Type.String(),
    projectEnv: Type.String(),
    expiredAt: Type.Optional(Type.String()),
    limits: Type.Optional(
      Type.Array(LimitStatus, { description: 'How the limited windows stand after the decision.' }),
    ),
    exceeded: Type.Optional(ExceededLimit),
    degraded: Type.Optional(
      Type.Literal(true, { description: 'Allowed without the store, by the policy `open`: no limit was looked at.' }),
    ),
    key: Type.Optional(VerifiedKey),
    asStatus: Type.Optional(Type.Literal(true, { description: 'A refusal is answered with its own HTTP status.' })),
  }),
  Type.Object({ kind: Type.Literal('unauthenticated') }),
  Type.Object({ kind: Type.Literal('forbidden') }),
  Type.Object({ kind: Type.Literal('unavailable'), retryAfterSeconds: Type.Integer() }),
]);
export type DecisionReply = Static<typeof DecisionReply>;

/** One line of the answer: `i` is the position of the request in the batch. */
export const DecisionLine = Type.Object({ i: Type.Integer({ minimum: 0 }), reply: DecisionReply });
export type DecisionLine = Static<typeof DecisionLine>;

export const decisions = {
  method: 'POST',
  url: '/internal/v1/decisions',
  contentType: 'application/x-ndjson',
} as const;
