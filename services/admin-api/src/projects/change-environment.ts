import { AppError } from '@keyward/kit/app-error';
import { type EnvironmentRow, raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Audited, Change } from '../changes/change.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import type { Outcome } from '../changes/outcome.ts';

interface LockedEnvironment {
  /** The environment as it is now, at its next version; nobody else changes it until the transaction ends. */
  locked: EnvironmentRow;
  /** As of `Change`, of this environment. */
  record(audited: Omit<Audited, 'environmentId'>): void;
}

/** Changes an environment or what stands in its record; once it is answered every validator decides by the new state. */
export async function changeEnvironment<T extends object>(
  administration: Administration,
  call: EnvironmentChangeCall,
  work: (change: Change, environment: LockedEnvironment) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const environmentId = call.environment.id;
  return makeChange(administration, call, async (change) => {
    const locked = await raiseEnvironmentVersion(change.transaction, environmentId, change.now);
    if (!locked) throw new AppError('NOT_FOUND', 'There is no such environment.');
    const outcome = await work(change, {
      locked,
      record: (audited) => change.record({ ...audited, environmentId }),
    });
    await change.note({ environmentId });
    return outcome;
  });
}
