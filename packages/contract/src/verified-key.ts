import Type, { type Static } from 'typebox';
import { Metadata, Nullable, Timestamp } from './fields.ts';

/** What whoever verified a key is told of it (wire.md §8). */
export const VerifiedKey = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String({ description: 'null: an SDK signed the key, and it has not registered itself yet.' })),
  clientId: Type.String(),
  scopes: Type.Array(Type.String()),
  metadata: Metadata,
  expiresAt: Nullable(Timestamp),
  lastUsedAt: Nullable(Type.String({ description: 'When the last of those uses was, this call included.' })),
  useCount: Nullable(
    Type.Integer({
      description:
        'How often the key, and those that it was rotated from, were used with success since it is registered, this call included. null: not known, because the key has not registered itself yet, or the store is away or was just lost.',
    }),
  ),
});
export type VerifiedKey = Static<typeof VerifiedKey>;
