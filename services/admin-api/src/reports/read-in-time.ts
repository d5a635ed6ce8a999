import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { TookTooLong, withinTime } from '@keyward/stores/postgres/within-time';

/** Less than the gateway waits, so that who asks too much is told so. */
export const readTimeoutMs = 5_000;

/** Reads what may be long to look for; who asks for too much is told to ask for less. */
export async function readInTime<T>(db: Database, read: (transaction: Database) => Promise<T>): Promise<T> {
  try {
    return await withinTime(db, readTimeoutMs, read);
  } catch (cause) {
    if (!(cause instanceof TookTooLong)) throw cause;
    throw new AppError('TOO_BROAD', 'There is too much to look through: narrow from and to.', { cause });
  }
}
