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
import { InputCheck } from '../input.ts';
import { type Paged, paged } from '../paging.ts';
import type { Propagation } from '../projection/projector.ts';
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
  { environment, input }: { environment: EnvironmentRow; input: NewServerKey },
): Promise<{ serverKey: ServerKey; propagation: Propagation }> {
  const check = new InputCheck();
  check.text('/name', input.name);
  check.done();
  const { made, propagation } = await changeEnvironment(administration, environment, async ({ transaction, now }) => {
    const page = { environmentId: environment.id, status: 'active', limit: 1, offset: 0 } as const;
    const { total } = await listServerKeys(transaction, page);
    if (total >= maxActiveKeys)
      throw new AppError('CONFLICT', `An environment has at most ${maxActiveKeys} server keys; revoke one first.`);
    const issued = issueServerKey(administration, { environment, name: input.name, now });
    await insertServerKey(transaction, issued.row);
    return issued;
  });
  return { serverKey: { ...viewServerKey(made.row), key: made.raw }, propagation };
}

/** From the answer on no validator and no management call takes the key; revoking it again changes nothing. */
export async function revokeServerKey(
  administration: Administration,
  { environment, id }: { environment: EnvironmentRow; id: string },
): Promise<Propagation> {
  const { propagation } = await changeEnvironment(administration, environment, async ({ transaction }) => {
    if (await revoke(transaction, environment.id, id)) return;
    throw new AppError('NOT_FOUND', 'There is no such server key.');
  });
  return propagation;
}

function viewServerKey(row: ServerKeyRow): ServerKey {
  return {
    id: row.id,
    name: row.name,
    keyPrefix: row.key_prefix,
    status: row.status,
    createdAt: row.created_at.toISOString(),
  };
}
