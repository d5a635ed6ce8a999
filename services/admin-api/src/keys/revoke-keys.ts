import { type ClientRow, type KeyRow, raiseClientVersions } from '@keyward/stores/postgres/clients';
import { findKeys, type KeyFilter, revokeKeyRows } from '@keyward/stores/postgres/keys';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { keyPlace } from './key-place.ts';
import { type AskedFilter, maxCounted, readFilter } from './read-keys.ts';

interface Revoked {
  dryRun: boolean;
  matched: number;
  revoked: number;
  remaining: number;
  ids: string[];
}

/** So many go in one transaction. */
const keysAtOnce = 1_000;
const shownIds = 100;

/** Revokes the keys of an environment that a filter finds; some at once, so that no transaction is without end. */
export async function revokeKeys(
  administration: Administration,
  call: EnvironmentChangeCall,
  { filter: asked, dryRun = false }: { filter: AskedFilter; dryRun?: boolean | undefined },
): Promise<Outcome<Revoked>> {
  const { environment } = call;
  const filter = readFilter(asked, '/filter');
  return makeChange(administration, call, async (change) => {
    const found = await findLiving(change, environment, filter);
    const ids = found.rows.slice(0, shownIds).map(({ id }) => id);
    const shown = { dryRun, matched: found.counted, ids };
    if (dryRun) return done({ ...shown, revoked: 0, remaining: found.counted });
    const revoked = await revoke(change, environment, found.rows);
    return done({ ...shown, revoked: revoked.length, remaining: Math.max(found.counted - revoked.length, 0) });
  });
}

/** What is revoked already is not looked for. */
function findLiving({ transaction, now }: Change, environment: EnvironmentRow, filter: KeyFilter) {
  const living = { ...filter, status: 'unrevoked' } as const;
  const asked = { place: keyPlace(environment), reach: 'environment', filter: living, now } as const;
  return findKeys(transaction, { ...asked, limit: keysAtOnce, offset: 0, countUpTo: maxCounted });
}

/** Their clients are locked first; a key that somebody else has revoked or deleted meanwhile is left out. */
async function revoke(change: Change, environment: EnvironmentRow, found: readonly KeyRow[]): Promise<KeyRow[]> {
  const { transaction, now } = change;
  const environmentId = environment.id;
  const clientIds = found.map((key) => key.client_id);
  const clients = await raiseClientVersions(transaction, environmentId, clientIds, now);
  const revoked = await revokeKeyRows(
    transaction,
    found.map(({ id }) => id),
    now,
  );
  await change.note(...clients.map(({ id: clientId }: ClientRow) => ({ environmentId, clientId })));
  for (const { id } of revoked) {
    const before = found.find((key) => key.id === id);
    const data = { clientId: before?.client_id ?? '', keyId: id };
    change.emit({ type: 'key.revoked', environmentId, data });
    const subject = { kind: 'key', id };
    const after = { status: 'revoked' };
    change.record({ action: 'key.revoke', subject, environmentId, before: { status: before?.status }, after });
  }
  return revoked;
}
