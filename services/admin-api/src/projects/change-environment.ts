import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { type EnvironmentRow, raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Propagation } from '../projection/projector.ts';

interface EnvironmentChange {
  transaction: Database;
  /** The environment as it is now, at its next version; nobody else changes it until the transaction ends. */
  locked: EnvironmentRow;
  now: Date;
}

/** Changes an environment or what stands in its record; `done`: every validator decides by the new state. */
export async function changeEnvironment<T>(
  { db, projector, clock }: Administration,
  environment: EnvironmentRow,
  work: (change: EnvironmentChange) => Promise<T>,
): Promise<{ made: T; propagation: Propagation }> {
  const now = new Date(clock.nowMs());
  const { made, note } = await inTransaction(db, async (transaction) => {
    const locked = await raiseEnvironmentVersion(transaction, environment.id, now);
    if (!locked) throw new AppError('NOT_FOUND', 'There is no such environment.');
    const result = await work({ transaction, locked, now });
    const change = { environmentId: environment.id, clientId: null };
    return { made: result, note: await projector.note(transaction, change) };
  });
  return { made, propagation: await projector.publish([note]) };
}
