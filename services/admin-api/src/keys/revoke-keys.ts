import { type KeyRow, raiseClientVersions } from '@keyward/stores/postgres/clients';
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
    const keys = dryRun ? found.rows : await lockFound(change, environment, { filter, rows: found.rows });
    const matched = found.counted - (found.rows.length - keys.length);
    const shown = { dryRun, matched, ids: keys.slice(0, shownIds).map(({ id }) => id) };
    if (dryRun) return done({ ...shown, revoked: 0, remaining: matched });
    await revoke(change, environment, keys);
    return done({ ...shown, revoked: keys.length, remaining: matched - keys.length });
  });
}

/** What is revoked already is not looked for. */
function findLiving({ transaction, now }: Change, environment: EnvironmentRow, filter: KeyFilter) {
  const living = { ...filter, status: 'unrevoked' } as const;
  const asked = { place: keyPlace(environment), reach: 'environment', filter: living, now } as const;
  return findKeys(transaction, { ...asked, limit: keysAtOnce, offset: 0, countUpTo: maxCounted });
}

interface Found {
  filter: KeyFilter;
  rows: readonly KeyRow[];
}

/** Locks the clients of keys that were found, and answers what the filter still finds of them: others may have been at it first. */
async function lockFound(change: Change, environment: EnvironmentRow, { filter, rows }: Found): Promise<KeyRow[]> {
  const { transaction, now } = change;
  const clientIds = rows.map((key) => key.client_id);
  const clients = await raiseClientVersions(transaction, environment.id, clientIds, now);
  await change.note(...clients.map(({ id: clientId }) => ({ environmentId: environment.id, clientId })));
  const ids = rows.map(({ id }) => id);
  return (await findLiving(change, environment, { ...filter, ids })).rows;
}

async function revoke(change: Change, environment: EnvironmentRow, keys: readonly KeyRow[]): Promise<void> {
  const environmentId = environment.id;
  const ids = keys.map(({ id }) => id);
  await revokeKeyRows(change.transaction, ids, change.now);
  for (const { id, client_id: clientId, status } of keys) {
    change.emit({ type: 'key.revoked', environmentId, data: { clientId, keyId: id } });
    const subject = { kind: 'key', id };
    change.record({ action: 'key.revoke', subject, environmentId, before: { status }, after: { status: 'revoked' } });
  }
}
