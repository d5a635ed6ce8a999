import { ServerKey, type ServerKeyRotation } from '@keyward/contract/routes/server-key';
import { AppError } from '@keyward/kit/app-error';
import { insertServerKey, type ServerKeyRow, updateServerKey } from '@keyward/stores/postgres/server-keys';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { changeEnvironment } from './change-environment.ts';
import { issueServerKey } from './issue-server-key.ts';
import { requireKey, requireRoom } from './server-keys.ts';
import { viewServerKey } from './view-server-key.ts';

const defaultOverlapSeconds = 86_400;

/** Makes a key of the same name and scopes; the old one ends by itself after the overlap, and never later than it would have. */
export async function rotateServerKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, rotation }: { id: string; rotation: ServerKeyRotation },
): Promise<Outcome<ServerKey>> {
  const { environment } = call;
  const { overlapSeconds = defaultOverlapSeconds } = rotation;
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    const old = await requireKey(transaction, environment, id);
    const before = viewServerKey(old, now);
    requireMatch(call.ifMatch, etagOf(ServerKey, before));
    if (before.status !== 'active')
      throw new AppError('CONFLICT', `This server key is ${before.status}: make a new one.`);
    const { name, scopes } = old;
    const end = endOf(old, { now, overlapSeconds });
    await updateServerKey(transaction, old.id, end);
    await requireRoom(transaction, environment, now);
    const { row, raw } = issueServerKey(administration, { environment, name, scopes, now });
    await insertServerKey(transaction, row);
    const after = viewServerKey({ ...old, ...end }, now);
    const view = viewServerKey(row, now);
    record({ action: 'server-key.rotate', subject: { kind: 'server-key', id: old.id }, before, after });
    record({ action: 'server-key.create', subject: { kind: 'server-key', id: row.id }, after: view });
    return created({ ...view, key: raw });
  });
}

/** Without an overlap it is revoked: the clocks of validators may be behind this one. */
function endOf(
  { expires_at }: ServerKeyRow,
  { now, overlapSeconds }: { now: Date; overlapSeconds: number },
): { status: 'revoked' } | { expires_at: Date } {
  if (overlapSeconds === 0) return { status: 'revoked' };
  const end = new Date(now.getTime() + overlapSeconds * 1_000);
  return { expires_at: expires_at !== null && expires_at < end ? expires_at : end };
}
