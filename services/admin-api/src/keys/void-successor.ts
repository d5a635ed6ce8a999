import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@keyward/kit/app-error';
import { findRotation, type KeyRotationRow } from '@keyward/stores/postgres/key-rotations';
import { listKeyRows, revokeKeyRows } from '@keyward/stores/postgres/keys';
import { readKeyTotals, readLastUseOfFamily } from '@keyward/stores/postgres/usage';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';

/** When all is well, a use is counted in a second or two. */
const patienceMs = 4_000;
const pauseMs = 100;

/**
 * Waits until every use of the keys that a second claim is about is counted, up to the last one that their shard knows of, which it
 * does at once; so `voidSuccessor` can tell whether the successor was used before this call. Without a first claim there is nothing to
 * wait for. No transaction is open meanwhile.
 * @returns the successor whose uses are counted.
 */
export async function untilUsesAreCounted(
  { db, projector, clock }: Administration,
  place: Parameters<typeof findRotation>[1],
): Promise<string | undefined> {
  const rotation = await findRotation(db, place);
  const [key] = rotation?.successor_id ? await listKeyRows(db, [rotation.key_id]) : [];
  if (!rotation?.successor_id || !key) return undefined;
  const familyId = key.family_id ?? key.id;
  const lastUseMs = await projector.readLastUseMs({ clientId: key.client_id, familyId });
  if (lastUseMs === 'unknown') throw notCounted();
  // Events of a client are counted in their order, so nothing from before is missing then.
  const isCounted = async () => ((await readLastUseOfFamily(db, familyId))?.getTime() ?? 0) >= lastUseMs;
  const patientUntilMs = clock.monotonicMs() + patienceMs;
  while (!(await isCounted())) {
    if (clock.monotonicMs() > patientUntilMs) throw notCounted();
    await sleep(pauseMs);
  }
  return rotation.successor_id;
}

interface Voiding {
  environmentId: string;
  /** Locked by its key. */
  rotation: KeyRotationRow;
  countedId: string | undefined;
}

/** Revokes a successor that was claimed before, if nobody has used it. */
export async function voidSuccessor(
  change: Change,
  { environmentId, rotation: { successor_id: id }, countedId }: Voiding,
): Promise<void> {
  const { transaction, now } = change;
  if (id === null) return;
  if ((await readKeyTotals(transaction, [id])).get(id)?.lastAskedAt)
    throw new AppError('CONFLICT', 'The successor was claimed and is in use; rotate it instead.');
  if (id !== countedId) throw notCounted(); // it was claimed meanwhile
  for (const key of await revokeKeyRows(transaction, [id], now)) {
    const data = { clientId: key.client_id, keyId: id };
    change.emit({ type: 'key.revoked', environmentId: key.environment_id, data });
    const subject = { kind: 'key', id };
    change.record({ action: 'key.revoke', subject, environmentId, after: { status: 'revoked' } });
  }
}

function notCounted(): AppError {
  return new AppError('UNAVAILABLE', 'The successor was claimed, and uses of it may not be counted yet; try again.', {
    retryAfterSeconds: 2,
  });
}
