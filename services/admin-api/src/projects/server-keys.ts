import type { Removed } from '@keyward/contract/fields';
import type { NewServerKey, ServerKey } from '@keyward/contract/routes/server-key';
import { AppError } from '@keyward/kit/app-error';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import {
  insertServerKey,
  listServerKeys,
  revokeServerKey as revoke,
  type ServerKeyRow,
} from '@keyward/stores/postgres/server-keys';
import type { Administration } from '../administration.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { created, type Outcome, removed } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { type Paged, paged } from '../paging.ts';
import { changeEnvironment } from './change-environment.ts';
import { issueServerKey } from './issue-server-key.ts';

/** Each is projected again with every change of its environment. */
const maxActiveKeys = 100;

interface ListOptions {
  environment: EnvironmentRow;
  status: ServerKeyRow['status'] | undefined;
  page: number;
  limit: number;
}

export async function readServerKeys(
  { db }: Administration,
  { environment, status, page, limit }: ListOptions,
): Promise<Paged<ServerKey>> {
  const offset = (page - 1) * limit;
  const { total, rows } = await listServerKeys(db, { environmentId: environment.id, status, limit, offset });
  return paged({ data: rows.map(viewServerKey), total, page, limit });
}

/** Makes a key; from the answer on every validator knows it. The raw key is in this answer and nowhere else. */
export async function createServerKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewServerKey,
): Promise<Outcome<ServerKey>> {
  const { environment } = call;
  const check = new InputCheck();
  check.text('/name', input.name);
  check.done();
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    const page = { environmentId: environment.id, status: 'active', limit: 1, offset: 0 } as const;
    const { total } = await listServerKeys(transaction, page);
    if (total >= maxActiveKeys)
      throw new AppError('CONFLICT', `An environment has at most ${maxActiveKeys} server keys; revoke one first.`);
    const { row, raw } = issueServerKey(administration, { environment, name: input.name, scopes: input.scopes, now });
    await insertServerKey(transaction, row);
    const view = viewServerKey(row);
    record({ action: 'server-key.create', subject: { kind: 'server-key', id: row.id }, after: view });
    return created({ ...view, key: raw });
  });
}

/** From the answer on no validator and no management call takes the key; revoking it again changes nothing. */
export async function revokeServerKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<Removed>> {
  return changeEnvironment(administration, call, async ({ transaction }, { record }) => {
    const row = await revoke(transaction, call.environment.id, id);
    if (!row) throw new AppError('NOT_FOUND', 'There is no such server key.');
    record({ action: 'server-key.revoke', subject: { kind: 'server-key', id: row.id }, before: viewServerKey(row) });
    return removed;
  });
}

function viewServerKey(row: ServerKeyRow): ServerKey {
  return {
    id: row.id,
    name: row.name,
    keyPrefix: row.key_prefix,
    status: row.status,
    scopes: row.scopes,
    expiresAt: row.expires_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}
