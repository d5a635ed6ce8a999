import type { NewKey } from '@keyward/contract/routes/client';
import { AppError } from '@keyward/kit/app-error';
import { insertKeys, type KeyRow, type NewKeyRow, updateKey } from '@keyward/stores/postgres/clients';
import { keyExpiryMs } from '@keyward/stores/postgres/key-expiry';
import { listSuccessors } from '@keyward/stores/postgres/keys';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { keyStatus } from '../clients/client-view.ts';
import { issueKey } from '../clients/issue-key.ts';
import { lastMomentMs } from '../last-moment.ts';
import type { OpenedSecret } from '../projects/signing-secret.ts';
import type { LockedKey } from './locked-key.ts';

interface Succession extends LockedKey {
  environment: EnvironmentRow;
  secret: OpenedSecret;
  /** When the new key ends; undefined: it lives as long as the old one was to live. */
  expiresAt: Date | null | undefined;
  /** How long the old key goes on; undefined: as long as it would have. */
  overlapSeconds: number | undefined;
}

/** Makes a key that takes the place of another: with its rules, its totals and its prefix. The old one's life is never extended. */
export async function succeed(
  administration: Administration,
  change: Change,
  succession: Succession,
): Promise<{ id: string; raw: string }> {
  const { transaction, now } = change;
  const { key, overlapSeconds } = succession;
  const former = await rotatable(change, key);
  const ownEndMs = keyExpiryMs(key);
  if (overlapSeconds === undefined && ownEndMs === undefined)
    throw new AppError('CONFLICT', 'This key does not end by itself any more: say overlapSeconds, or it would never.');
  const { row, raw } = successorOf(administration, { ...succession, former }, now);
  await insertKeys(transaction, [row]);
  if (overlapSeconds !== undefined) {
    const endMs = Math.min(now.getTime() + overlapSeconds * 1_000, ownEndMs ?? Number.POSITIVE_INFINITY);
    await updateKey(transaction, key.id, { expires_at: new Date(endMs), updated_at: now });
  }
  return { id: row.id, raw };
}

/** The successor that this key had before, which is revoked; undefined: it had none. Refuses a key that cannot have one. */
async function rotatable({ transaction, now }: Change, key: KeyRow): Promise<KeyRow | undefined> {
  const status = keyStatus(key, now.getTime());
  if (status !== 'active') throw new AppError('CONFLICT', `This key is ${status}; it cannot be rotated.`);
  const successors = await listSuccessors(transaction, key.id);
  const living = successors.find((each) => each.status !== 'revoked');
  if (living) throw new AppError('CONFLICT', `This key has a successor already: ${living.id}. Rotate that one.`);
  return successors[0];
}

function successorOf(
  administration: Administration,
  { environment, client, key, former, secret, expiresAt }: Succession & { former: KeyRow | undefined },
  now: Date,
): { row: NewKeyRow; raw: string } {
  const input: NewKey = {
    name: key.name,
    scopes: key.scopes,
    allowedIps: key.allowed_ips,
    metadata: key.metadata,
    autoRotate: key.auto_rotate,
    ...(key.rate_limit === null || key.rate_window === null
      ? {}
      : { rateLimit: { requests: key.rate_limit, window: key.rate_window } }),
  };
  const times = {
    notBefore: key.not_before !== null && key.not_before > now ? key.not_before : null,
    // An overlap has shortened the key's own life.
    expiresAt: expiresAt === undefined ? sameLifetime(former ?? key, now) : expiresAt,
  };
  // Another system's prefix is not one that our keys may have.
  const prefix = key.import_id === null ? key.prefix : undefined;
  const { row, raw } = issueKey(administration, { environment, client, input, times, secret, prefix });
  const { product_id, reach, reach_id } = key;
  const kept = { environment_id: client.environment_id, product_id, reach, reach_id };
  const family = { family_id: key.family_id ?? key.id, predecessor_id: key.id };
  return { row: { ...row, ...kept, ...family }, raw };
}

function sameLifetime(key: KeyRow, now: Date): Date | null {
  const endMs = keyExpiryMs(key);
  if (endMs === undefined) return null;
  return new Date(Math.min(now.getTime() + endMs - key.created_at.getTime(), lastMomentMs));
}
