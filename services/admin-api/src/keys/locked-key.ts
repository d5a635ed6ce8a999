import { AppError } from '@keyward/kit/app-error';
import { type ClientRow, type KeyRow, raiseClientVersion } from '@keyward/stores/postgres/clients';
import { BeginAnew } from '@keyward/stores/postgres/in-transaction';
import { findKey } from '@keyward/stores/postgres/keys';
import type { Change } from '../changes/change.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { requireOwnReach } from '../clients/require-own-reach.ts';
import { isUuid } from '../input.ts';
import { keyPlace } from './key-place.ts';

export interface LockedKey {
  key: KeyRow;
  /** Whose it is, at its next version. */
  client: ClientRow;
}

/** A key that is to be changed; nobody else changes it, or its client, until the transaction ends. */
export async function lockKey(
  { transaction, now }: Change,
  call: EnvironmentChangeCall,
  id: string,
): Promise<LockedKey> {
  const find = () => findKey(transaction, keyPlace(call.environment), keyId(id));
  const found = await find();
  if (!found) throw unknownKey();
  requireOwnReach(call, found.reach);
  const client = await raiseClientVersion(transaction, found.environment_id, found.client_id, now);
  const key = await find(); // it may have been deleted while the client was waited for
  if (!key) throw unknownKey();
  if (!client) throw new BeginAnew(); // or its client may have moved to another environment
  return { key, client };
}

/** What is no UUID is no key of anybody's. */
export function keyId(text: string): string {
  if (!isUuid(text)) throw unknownKey();
  return text.toLowerCase();
}

export function unknownKey(): AppError {
  return new AppError('NOT_FOUND', 'There is no such key.');
}
