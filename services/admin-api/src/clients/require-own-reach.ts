import { AppError } from '@keyward/kit/app-error';
import type { KeyRow } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { hasWideKey } from '@keyward/stores/postgres/keys';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';

/** A server key belongs to one environment, and what it changes is of that environment alone. */
export function requireOwnReach({ author }: EnvironmentChangeCall, reach: KeyRow['reach'] = 'environment'): void {
  if (author.kind !== 'server-key' || reach === 'environment') return;
  throw new AppError('FORBIDDEN', 'This key is known in other environments, too; use an account key.');
}

/** The same for a client, which is judged with its keys wherever they are known; it is locked. */
export async function requireOwnClient(
  transaction: Database,
  { author }: EnvironmentChangeCall,
  clientId: string,
): Promise<void> {
  if (author.kind !== 'server-key' || !(await hasWideKey(transaction, clientId))) return;
  throw new AppError('FORBIDDEN', 'A key of this client is known in other environments, too; use an account key.');
}
