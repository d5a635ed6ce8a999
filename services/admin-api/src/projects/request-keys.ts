import type { Removed } from '@keyward/contract/fields';
import type { NewRequestKey, RequestKey } from '@keyward/contract/routes/request-key';
import { AppError, invalidInput } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import {
  deleteRequestKey,
  insertRequestKey,
  listRequestKeys,
  type RequestKeyRow,
} from '@keyward/stores/postgres/request-keys';
import type { Administration } from '../administration.ts';
import { requireNoTag } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { created, type Outcome, removed } from '../changes/outcome.ts';
import { type Paged, paged } from '../paging.ts';
import { changeEnvironment } from './change-environment.ts';
import { type RequestPublicKey, readPublicKeyPem, storedPublicKey } from './public-key-pem.ts';

/** A signature is tried by one after the other, so their number is what a false one costs. */
const maxRequestKeys = 10;

interface ListOptions {
  environment: EnvironmentRow;
  page: number;
  limit: number;
}

export async function readRequestKeys(
  { db }: Administration,
  { environment, page, limit }: ListOptions,
): Promise<Paged<RequestKey>> {
  const newestFirst = (await listRequestKeys(db, environment.id)).toReversed();
  const data = newestFirst.slice((page - 1) * limit, page * limit).map(viewRequestKey);
  return paged({ data, total: newestFirst.length, page, limit });
}

/** Adds a key; from the answer on every validator takes what it signs. */
export async function addRequestKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewRequestKey,
): Promise<Outcome<RequestKey>> {
  const { environment } = call;
  const key = checkInput(input);
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    const known = await listRequestKeys(transaction, environment.id);
    const existingId = known.find((row) => row.fingerprint === key.fingerprint)?.id;
    if (existingId !== undefined)
      throw new AppError('ALREADY_EXISTS', 'This environment has this public key already.', { existingId });
    if (known.length >= maxRequestKeys)
      throw new AppError('CONFLICT', `An environment has at most ${maxRequestKeys} public keys; remove one first.`);
    const row = {
      id: newId(),
      organization_id: environment.organization_id,
      environment_id: environment.id,
      name: input.name,
      spki: key.spki,
      fingerprint: key.fingerprint,
      created_at: now,
    };
    await insertRequestKey(transaction, row);
    const view = viewRequestKey(row);
    record({ action: 'request-key.create', subject: { kind: 'request-key', id: row.id }, after: view });
    return created(view);
  });
}

function checkInput(input: NewRequestKey): RequestPublicKey {
  const key = readPublicKeyPem(input.publicKey);
  if ('fault' in key) throw invalidInput([{ path: '/publicKey', message: key.fault }]);
  return key;
}

export async function removeRequestKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<Removed>> {
  return changeEnvironment(administration, call, async ({ transaction }, { record }) => {
    const row = await deleteRequestKey(transaction, call.environment.id, id);
    if (!row) throw new AppError('NOT_FOUND', 'There is no such request key.');
    requireNoTag(call.ifMatch);
    record({ action: 'request-key.delete', subject: { kind: 'request-key', id: row.id }, before: viewRequestKey(row) });
    return removed;
  });
}

function viewRequestKey(row: RequestKeyRow): RequestKey {
  const { type, bits, pem } = storedPublicKey(row.spki);
  return {
    id: row.id,
    name: row.name,
    type,
    bits,
    fingerprint: row.fingerprint,
    publicKey: pem,
    createdAt: row.created_at.toISOString(),
  };
}
