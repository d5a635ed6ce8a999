import type { Removed } from '@keyward/contract/fields';
import type { KeyImport, NewKeyImport } from '@keyward/contract/routes/key-import';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import {
  deleteKeyImport as deleteRow,
  hasLivingKeys,
  insertKeyImport,
  type KeyImportRow,
  listKeyImports,
  lockKeyImport,
} from '@keyward/stores/postgres/key-imports';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { requireNoTag } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { created, type Outcome, removed } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { reservedForSigned } from '../key-prefixes.ts';
import { type Paged, paged } from '../paging.ts';
import { changeEnvironment } from '../projects/change-environment.ts';

/** A key that begins as theirs is digested once for each of them. */
const maxImports = 8;

interface ListOptions {
  environment: EnvironmentRow;
  page: number;
  limit: number;
}

export async function readKeyImports(
  { db }: Administration,
  { environment, page, limit }: ListOptions,
): Promise<Paged<KeyImport>> {
  const rows = await listKeyImports(db, environment.id);
  const data = rows.slice((page - 1) * limit, page * limit).map(viewKeyImport);
  return paged({ data, total: rows.length, page, limit });
}

/** From the answer on every validator looks at keys that begin so. */
export async function createKeyImport(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewKeyImport,
): Promise<Outcome<KeyImport>> {
  const { environment } = call;
  checkInput(input);
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    const known = await listKeyImports(transaction, environment.id);
    requireNewSecret(administration, known, input);
    if (known.length >= maxImports)
      throw new AppError('CONFLICT', `An environment takes keys of at most ${maxImports} systems; forget one first.`);
    const id = newId();
    const row = {
      id,
      organization_id: environment.organization_id,
      environment_id: environment.id,
      name: input.name,
      hash: input.hash,
      sealed: input.secret === undefined ? null : administration.secrets.seal(input.secret, id),
      prefixes: input.prefixes,
      created_at: now,
    };
    await insertKeyImport(transaction, row);
    const view = viewKeyImport(row);
    record({ action: 'key-import.create', subject: { kind: 'key-import', id }, after: view });
    return created(view);
  });
}

/** Its keys would be known by other digests a second time, those that were revoked or deleted, too. */
function requireNewSecret(
  { secrets }: Administration,
  known: readonly KeyImportRow[],
  { secret }: Pick<NewKeyImport, 'secret'>,
): void {
  if (secret === undefined) return;
  const same = known.find(({ id, sealed }) => sealed !== null && secrets.open(Buffer.from(sealed), id) === secret);
  if (same)
    throw new AppError('ALREADY_EXISTS', 'This environment knows a system of this secret already.', {
      existingId: same.id,
    });
}

function checkInput({ hash, secret, prefixes }: NewKeyImport): void {
  const check = new InputCheck();
  if (hash === 'hmac-sha256' && secret === undefined) check.fault('/secret', 'is required with hmac-sha256');
  if (hash === 'sha256' && secret !== undefined) check.fault('/secret', 'is for hmac-sha256 only');
  for (const [i, prefix] of prefixes.entries())
    if (reservedForSigned(prefix)) check.fault(`/prefixes/${i}`, 'is what signed keys begin with');
  check.done();
}

/** Its keys could not be told any more, so none of them may live. */
export async function deleteKeyImport(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<Removed>> {
  return changeEnvironment(administration, call, async ({ transaction }, { record }) => {
    const row = await lockKeyImport(transaction, call.environment.id, id);
    if (!row) throw unknownKeyImport();
    requireNoTag(call.ifMatch);
    if (await hasLivingKeys(transaction, row.id))
      throw new AppError('CONFLICT', 'Keys of this system are still known; revoke or delete them first.');
    await deleteRow(transaction, row.id);
    record({ action: 'key-import.delete', subject: { kind: 'key-import', id: row.id }, before: viewKeyImport(row) });
    return removed;
  });
}

export function unknownKeyImport(): AppError {
  return new AppError('NOT_FOUND', 'There is no such key import.');
}

function viewKeyImport(row: Pick<KeyImportRow, 'id' | 'name' | 'hash' | 'prefixes' | 'created_at'>): KeyImport {
  const { id, name, hash, prefixes } = row;
  return { id, name, hash, prefixes, createdAt: row.created_at.toISOString() };
}
