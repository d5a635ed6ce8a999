import type { Removed } from '@keyward/contract/fields';
import { type NewServerKey, ServerKey, type ServerKeyChange } from '@keyward/contract/routes/server-key';
import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import {
  findServerKeyById,
  insertServerKey,
  listServerKeys,
  type ServerKeyFilter,
  type ServerKeyRow,
  updateServerKey,
} from '@keyward/stores/postgres/server-keys';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { created, done, type Outcome, removed } from '../changes/outcome.ts';
import { type Paged, paged } from '../paging.ts';
import { changeEnvironment } from './change-environment.ts';
import { issueServerKey } from './issue-server-key.ts';
import { viewServerKey } from './view-server-key.ts';

/** Each is projected again with every change of its environment. */
const maxActiveKeys = 100;

interface ListOptions {
  environment: EnvironmentRow;
  filter: ServerKeyFilter;
  page: number;
  limit: number;
}

export async function readServerKeys(
  { db, clock }: Administration,
  { environment, filter, page, limit }: ListOptions,
): Promise<Paged<ServerKey>> {
  const now = new Date(clock.nowMs());
  const part = { limit, offset: (page - 1) * limit };
  const { total, rows } = await listServerKeys(db, { environmentId: environment.id, filter, now, ...part });
  return paged({ data: rows.map((row) => viewServerKey(row, now)), total, page, limit });
}

export async function readServerKey(
  { db, clock }: Administration,
  environment: EnvironmentRow,
  id: string,
): Promise<ServerKey> {
  return viewServerKey(await requireKey(db, environment, id), new Date(clock.nowMs()));
}

/** Makes a key; from the answer on every validator knows it. The raw key is in this answer and nowhere else. */
export async function createServerKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewServerKey,
): Promise<Outcome<ServerKey>> {
  const { environment } = call;
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    await requireRoom(transaction, environment, now);
    const { row, raw } = issueServerKey(administration, { environment, name: input.name, scopes: input.scopes, now });
    await insertServerKey(transaction, row);
    const view = viewServerKey(row, now);
    record({ action: 'server-key.create', subject: { kind: 'server-key', id: row.id }, after: view });
    return created({ ...view, key: raw });
  });
}

/** Changes what the body names; from the answer on every validator and every management call goes by it. */
export async function changeServerKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, change: { name, scopes } }: { id: string; change: ServerKeyChange },
): Promise<Outcome<ServerKey>> {
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    const row = await requireKey(transaction, call.environment, id);
    const before = viewServerKey(row, now);
    requireMatch(call.ifMatch, etagOf(ServerKey, before));
    const change = { ...(name === undefined ? {} : { name }), ...(scopes === undefined ? {} : { scopes }) };
    await updateServerKey(transaction, row.id, change);
    const after = viewServerKey({ ...row, ...change }, now);
    record({ action: 'server-key.change', subject: { kind: 'server-key', id: row.id }, before, after });
    return done(after);
  });
}

/** From the answer on no validator and no management call takes the key; revoking it again changes nothing. */
export async function revokeServerKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<Removed>> {
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    const row = await requireKey(transaction, call.environment, id);
    const before = viewServerKey(row, now);
    requireMatch(call.ifMatch, etagOf(ServerKey, before));
    if (row.status === 'revoked') return removed;
    await updateServerKey(transaction, row.id, { status: 'revoked' });
    const after = { ...before, status: 'revoked' };
    record({ action: 'server-key.revoke', subject: { kind: 'server-key', id: row.id }, before, after });
    return removed;
  });
}

export async function requireKey(
  db: Database,
  { id: environmentId }: EnvironmentRow,
  id: string,
): Promise<ServerKeyRow> {
  const row = await findServerKeyById(db, environmentId, id);
  if (!row) throw new AppError('NOT_FOUND', 'There is no such server key.');
  return row;
}

export async function requireRoom(transaction: Database, { id }: EnvironmentRow, now: Date): Promise<void> {
  const filter = { status: 'active' } as const;
  const { total } = await listServerKeys(transaction, { environmentId: id, filter, now, limit: 1, offset: 0 });
  if (total >= maxActiveKeys)
    throw new AppError('CONFLICT', `An environment has at most ${maxActiveKeys} server keys; revoke one first.`);
}
