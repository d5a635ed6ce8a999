import Type, { type Static } from 'typebox';
import { Timestamp } from '../fields.ts';
import type { Route } from './route.ts';

/** The server's public keys for envelopes (wire.md §2.2). */
export const EncryptionKeys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kid: Type.String(),
      alg: Type.Literal('X25519-HKDF-SHA256-A256GCM'),
      public_key: Type.String({ description: '32 bytes in standard base64, 44 characters.' }),
      fingerprint: Type.String({ description: 'SHA-256 of the 32 bytes, hex.' }),
      not_before: Timestamp,
      not_after: Type.Union([Timestamp, Type.Null()]),
      current: Type.Boolean(),
    }),
  ),
  versions: Type.Array(Type.String()),
});
export type EncryptionKeys = Static<typeof EncryptionKeys>;

export const encryptionKeys = {
  method: 'GET',
  url: '/api/v1/.well-known/encryption-keys',
  access: { of: 'nobody' },
  schema: { summary: 'The public keys that envelopes are sealed to', response: { 200: EncryptionKeys } },
} as const satisfies Route;
