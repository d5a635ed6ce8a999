import {
  type NewSigningSecret,
  SigningSecret,
  type SigningSecretChange,
  type SigningSecretRemoved,
} from '@keyward/contract/routes/signing-secret';
import { AppError } from '@keyward/kit/app-error';
import { newId, newSecret } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import {
  deleteSigningSecret,
  insertSigningSecret,
  listSigningSecrets,
  makeFirst,
  revokeKeysSignedBy,
  type SigningSecretRow,
  updateSigningSecret,
} from '@keyward/stores/postgres/signing-secrets';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { created, done, type Outcome } from '../changes/outcome.ts';
import { type Paged, paged } from '../paging.ts';
import { changeEnvironment } from './change-environment.ts';

/** Each makes the check of a key that nobody knows dearer. */
const maxSecrets = 10;

export async function readSigningSecrets(
  { db }: Administration,
  { environment, page, limit }: { environment: EnvironmentRow; page: number; limit: number },
): Promise<Paged<SigningSecret>> {
  const rows = await listSigningSecrets(db, environment.id);
  const part = rows.slice((page - 1) * limit, page * limit);
  return paged({ data: part.map(viewSecret), total: rows.length, page, limit });
}

export async function readSigningSecret(
  { db }: Pick<Administration, 'db'>,
  environment: EnvironmentRow,
  id: string,
): Promise<SigningSecret> {
  return viewSecret(await requireSecret(db, environment, id));
}

/** From the answer on every validator takes what it has signed. The secret is in this answer and nowhere else in clear. */
export async function addSigningSecret(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewSigningSecret,
): Promise<Outcome<SigningSecret>> {
  const { environment } = call;
  const secret = input.secret ?? newSecret();
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    const rows = await listSigningSecrets(transaction, environment.id);
    const existing = rows.find((row) => administration.secrets.open(row.sealed, row.id) === secret);
    if (existing)
      throw new AppError('ALREADY_EXISTS', 'This environment has this signing secret already.', {
        existingId: existing.id,
      });
    if (rows.length >= maxSecrets)
      throw new AppError('CONFLICT', `An environment has at most ${maxSecrets} signing secrets; delete one first.`);
    const id = newId();
    const row = {
      id,
      organization_id: environment.organization_id,
      environment_id: environment.id,
      name: input.name,
      is_first: false,
      sealed: administration.secrets.seal(secret, id),
      created_at: now,
    };
    await insertSigningSecret(transaction, row);
    if (input.first) await makeFirst(transaction, environment.id, id);
    const view = viewSecret({ ...row, is_first: input.first ?? false });
    record({ action: 'signing-secret.create', subject: { kind: 'signing-secret', id }, after: view });
    return created({ ...view, secret });
  });
}

export async function changeSigningSecret(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, change: asked }: { id: string; change: SigningSecretChange },
): Promise<Outcome<SigningSecret>> {
  const { environment } = call;
  return changeEnvironment(administration, call, async ({ transaction }, { record }) => {
    const before = viewSecret(await requireSecret(transaction, environment, id));
    requireMatch(call.ifMatch, etagOf(SigningSecret, before));
    if (asked.name !== undefined) await updateSigningSecret(transaction, before.id, { name: asked.name });
    if (asked.first) await makeFirst(transaction, environment.id, before.id);
    const after = await readSigningSecret({ db: transaction }, environment, id);
    record({ action: 'signing-secret.change', subject: { kind: 'signing-secret', id: before.id }, before, after });
    return done(after);
  });
}

/** From the answer on no validator takes what it has signed and nobody registered; registered keys are revoked if that is asked for. */
export async function removeSigningSecret(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, revokeKeys = false }: { id: string; revokeKeys?: boolean | undefined },
): Promise<Outcome<SigningSecretRemoved>> {
  const { environment } = call;
  return changeEnvironment(administration, call, async (change, { record }) => {
    const { transaction } = change;
    const before = viewSecret(await requireSecret(transaction, environment, id));
    requireMatch(call.ifMatch, etagOf(SigningSecret, before));
    if (before.first)
      throw new AppError('CONFLICT', 'New keys are signed with this secret: make another one the first before.');
    await deleteSigningSecret(transaction, { environmentId: environment.id, id: before.id });
    const revokedKeys = revokeKeys ? await revokeSignedBy(change, environment, before.id) : 0;
    const subject = { kind: 'signing-secret', id: before.id };
    record({ action: 'signing-secret.delete', subject, before, after: { revokedKeys } });
    return done({ success: true, revokedKeys });
  });
}

async function revokeSignedBy(change: Change, { id: environmentId }: EnvironmentRow, id: string): Promise<number> {
  const { transaction, now } = change;
  const keys = await revokeKeysSignedBy(transaction, { environmentId, id, now });
  for (const clientId of new Set(keys.map((key) => key.clientId))) await change.note({ environmentId, clientId });
  for (const { keyId, clientId, statusBefore } of keys) {
    change.emit({ type: 'key.revoked', environmentId, data: { clientId, keyId } });
    const [before, after] = [{ status: statusBefore }, { status: 'revoked' }];
    change.record({ action: 'key.revoke', subject: { kind: 'key', id: keyId }, environmentId, before, after });
  }
  return keys.length;
}

async function requireSecret(db: Database, environment: EnvironmentRow, id: string): Promise<SigningSecretRow> {
  const row = (await listSigningSecrets(db, environment.id)).find((each) => each.id === id.toLowerCase());
  if (!row) throw new AppError('NOT_FOUND', 'There is no such signing secret.');
  return row;
}

function viewSecret(row: Omit<SigningSecretRow, 'sealed'>): SigningSecret {
  return { id: row.id, name: row.name, first: row.is_first, createdAt: row.created_at.toISOString() };
}
