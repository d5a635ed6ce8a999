import type { ManagedKey, Rotation } from '@keyward/contract/routes/key';
import { AppError } from '@keyward/kit/app-error';
import { findClient, type KeyRow } from '@keyward/stores/postgres/clients';
import { keyExpiryMs } from '@keyward/stores/postgres/key-expiry';
import {
  claimRotation as claim,
  findRotation,
  type KeyRotationRow,
  listRotations,
} from '@keyward/stores/postgres/key-rotations';
import { listKeyRows } from '@keyward/stores/postgres/keys';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { unknownClient } from '../clients/change-client.ts';
import { type Paged, paged } from '../paging.ts';
import { signingSecretOf } from '../projects/signing-secret.ts';
import { keyRotated } from './key-rotated.ts';
import { viewKey } from './key-view.ts';
import { lockKey } from './locked-key.ts';
import { succeed } from './successor.ts';
import { untilUsesAreCounted, voidSuccessor } from './void-successor.ts';

interface ListOptions {
  environment: EnvironmentRow;
  clientId: string;
  page: number;
  limit: number;
}

export async function readRotations(
  { db }: Administration,
  { environment, clientId, page, limit }: ListOptions,
): Promise<Paged<Rotation>> {
  const environmentId = environment.id;
  if (!(await findClient(db, environmentId, clientId))) throw unknownClient();
  const offset = (page - 1) * limit;
  const { total, rows } = await listRotations(db, { environmentId, clientId, limit, offset });
  const keys = await listKeyRows(
    db,
    rows.map((row) => row.key_id),
  );
  const byId = new Map(keys.map((key) => [key.id, key]));
  return paged({ data: rows.map((row) => viewRotation(row, byId.get(row.key_id))), total, page, limit });
}

function viewRotation(row: KeyRotationRow, key: KeyRow | undefined): Rotation {
  const endMs = key && keyExpiryMs(key);
  return {
    id: row.id,
    keyId: row.key_id,
    status: row.claimed_at === null ? 'due' : 'claimed',
    expiresAt: endMs === undefined ? null : new Date(endMs).toISOString(),
    successorId: row.successor_id,
    createdAt: row.created_at.toISOString(),
    claimedAt: row.claimed_at?.toISOString() ?? null,
  };
}

interface ClaimOptions {
  clientId: string;
  rotationId: string;
  overlapSeconds: number | undefined;
}

/** Mints the successor that is due; the overlap begins now. Whoever claims again has lost the first, which is void then. */
export async function claimRotation(
  administration: Administration,
  call: EnvironmentChangeCall,
  { clientId, rotationId, overlapSeconds }: ClaimOptions,
): Promise<Outcome<ManagedKey>> {
  const { environment } = call;
  const environmentId = environment.id;
  const place = { environmentId, clientId, id: rotationId };
  const countedId = await untilUsesAreCounted(administration, place);
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const found = await findRotation(transaction, place);
    if (!found) throw unknownRotation();
    const secret = await signingSecretOf({ ...administration, db: transaction }, environment);
    const locked = await lockKey(change, call, found.key_id);
    const noted = await findRotation(transaction, place);
    if (!noted) throw unknownRotation();
    await voidSuccessor(change, { environmentId, rotation: noted, countedId });
    const made = await succeed(administration, change, {
      ...locked,
      environment,
      secret,
      expiresAt: undefined,
      overlapSeconds,
    });
    await claim(transaction, { id: noted.id, successorId: made.id, now });
    await change.note({ environmentId, clientId });
    const [row, old] = await listKeyRows(transaction, [made.id, noted.key_id]);
    if (!row || !old) throw new Error('both were written just now');
    const raw = new Map([[made.id, made.raw]]);
    const view = await viewKey({ ...administration, db: transaction }, { environment, row, raw });
    const after = { successorId: made.id };
    change.emit(keyRotated(change, { key: old, successorId: made.id }));
    change.record({ action: 'rotation.claim', subject: { kind: 'rotation', id: noted.id }, environmentId, after });
    change.record({ action: 'key.create', subject: { kind: 'key', id: made.id }, environmentId, after: view });
    return created(view);
  });
}

function unknownRotation(): AppError {
  return new AppError('NOT_FOUND', 'There is no such rotation.');
}
