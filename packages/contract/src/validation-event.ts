/**
 * `validation.v1`: one decision about a known key, as it leaves the validator's outbox and travels through Kafka.
 *
 * Evolution: fields may be added as optional ones, and a reader ignores what it does not know; a field never changes
 * its meaning or its type and never disappears. Anything else is a new type, `validation.v2`, beside this one.
 */
import Type, { type Static } from 'typebox';
import { Id } from './fields.ts';
import { traceparent } from './traceparent.ts';

/**
 * What a customer key that nobody registered says of itself, so that it can be registered: its digest as everywhere in the
 * installation (base64url, HMAC under the pepper), never the key.
 */
export const SignedKeyFacts = Type.Object({
  digest: Type.String(),
  tenant: Type.String({ description: 'The name of the client that the key states.' }),
  claimedId: Type.String({ description: 'The id that the key states.' }),
  secretId: Type.Optional(Type.String({ description: 'The signing secret that it was verified by.' })),
  scopes: Type.Array(Type.String()),
  notBeforeMs: Type.Optional(Type.Integer()),
  expiresAtMs: Type.Optional(Type.Integer()),
});
export type SignedKeyFacts = Static<typeof SignedKeyFacts>;

export const ValidationEvent = Type.Object({
  id: Id,
  environmentId: Id,
  clientId: Id,
  keyId: Id,
  verdict: Type.String({
    pattern: '^[A-Z_]{1,40}$',
    description: 'A code of the list in verdict.ts; a reader may meet one that is newer than itself.',
  }),
  methodPath: Type.String({
    description: 'At most 2 kB, cut when the event was made; without the query, which may hold what is secret.',
  }),
  endpoint: Type.Optional(
    Type.String({
      description:
        'The endpoint that methodPath is of, where the environment tells endpoints apart in its own way; at most 2 kB. Without it: by the default way.',
    }),
  ),
  name: Type.Optional(Type.String()),
  ip: Type.Optional(Type.String()),
  userAgent: Type.Optional(Type.String({ description: 'At most 256 B.' })),
  cost: Type.Optional(
    Type.Integer({ minimum: 0, description: 'What the request asked of the limits; 1 when it is not said.' }),
  ),
  untracked: Type.Optional(
    Type.Literal(true, {
      description: 'Asked for without tracking: it is counted and logged, but is no use of the key.',
    }),
  ),
  assumed: Type.Optional(
    Type.Literal(true, {
      description:
        'Decided while nobody could be asked whose key it is: client and key are what its signature leads to, and may be known by other ids.',
    }),
  ),
  degraded: Type.Optional(
    Type.Literal(true, {
      description: 'Decided by the failure policy `open`; it came past the outbox and has no order.',
    }),
  ),
  signedKey: Type.Optional(SignedKeyFacts),
  traceparent: Type.Optional(
    traceparent(
      'The trace that it belongs to, where that is recorded; in Kafka the CloudEvents extension of that name.',
    ),
  ),
  durationUs: Type.Integer({ minimum: 0, description: "From the gateway's first byte to the decision, microseconds." }),
  decidedAtMs: Type.Integer({
    description: "The clock of Redis at the decision, or the validator's while Redis is away; Unix ms.",
  }),
});
export type ValidationEvent = Static<typeof ValidationEvent>;

/**
 * Is it one of the uses that its key's `useCount` counts? Of a key that nobody registered none are kept (`signedKey`).
 */
export function isUse({ verdict, untracked, signedKey }: ValidationEvent): boolean {
  return verdict === 'ALLOWED' && !untracked && !signedKey;
}

/** CloudEvents 1.0 attributes of this event; over Kafka in binary mode: headers `ce_…`, the value is the data. */
export const validationEventType = 'keyward.validation.v1';
