import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** What an environment's keys are signed with, sealed. */
export type SigningSecretRow = Selectable<Schema['signing_secret']>;

export async function insertSigningSecret(db: Database, row: Insertable<Schema['signing_secret']>): Promise<void> {
  await db.insertInto('signing_secret').values(row).execute();
}

/** All of an environment's, which are few; the first is the one to sign with, the others follow newest first. */
export async function listSigningSecrets(db: Database, environmentId: string): Promise<SigningSecretRow[]> {
  return (await ofEnvironment(db, environmentId).execute()).map(withBuffer);
}

/** The one to sign with, which is not deleted before the transaction ends: whoever deletes it finds the keys that it signs now. */
export async function keepFirstSigningSecret(
  transaction: Database,
  environmentId: string,
): Promise<SigningSecretRow | undefined> {
  const [first] = await ofEnvironment(transaction, environmentId).forKeyShare().execute();
  return first && withBuffer(first);
}

function ofEnvironment(db: Database, environmentId: string) {
  return db
    .selectFrom('signing_secret')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .orderBy('is_first', 'desc')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
}

function withBuffer(row: SigningSecretRow): SigningSecretRow {
  return { ...row, sealed: Buffer.from(row.sealed) };
}

/** New keys are signed with this one from now on; what takes a row's id gets it from `listSigningSecrets`. */
export async function makeFirst(transaction: Database, environmentId: string, id: string): Promise<void> {
  const query = transaction.updateTable('signing_secret').where('environment_id', '=', environmentId);
  await query.set({ is_first: false }).where('is_first', '=', true).execute();
  await query.set({ is_first: true }).where('id', '=', id).execute();
}

export async function updateSigningSecret(
  db: Database,
  id: string,
  change: Pick<Updateable<Schema['signing_secret']>, 'name'>,
): Promise<void> {
  await db.updateTable('signing_secret').set(change).where('id', '=', id).execute();
}

/** Forgets a secret, and those keys that nobody registered and that it has signed, or may have. */
export async function deleteSigningSecret(
  transaction: Database,
  { environmentId, id }: { environmentId: string; id: string },
): Promise<void> {
  await transaction.deleteFrom('signing_secret').where('id', '=', id).execute();
  await sql`
    delete from key_sighting
    where environment_id = ${environmentId} and coalesce(facts->>'secretId', ${id}) = ${id}`.execute(transaction);
}

interface SignedKey {
  keyId: string;
  clientId: string;
  statusBefore: string;
}

/** Revokes the keys that this secret has signed, and gives their clients their next version. */
export async function revokeKeysSignedBy(
  transaction: Database,
  { environmentId, id, now }: { environmentId: string; id: string; now: Date },
): Promise<SignedKey[]> {
  await sql`
    update client set version = greatest(version + 1, ${now.getTime()}::bigint), updated_at = ${now}
    where id in (
      select id from client where environment_id = ${environmentId} and id in (
        select client_id from api_key where signing_secret_id = ${id} and status <> 'revoked'
      ) order by id for update
    )`.execute(transaction);
  const { rows } = await sql<SignedKey>`
    with signed as (
      select id, client_id, status from api_key
      where environment_id = ${environmentId} and signing_secret_id = ${id} and status <> 'revoked'
    )
    update api_key set status = 'revoked', updated_at = ${now} from signed where api_key.id = signed.id
    returning signed.id as "keyId", signed.client_id as "clientId", signed.status as "statusBefore"`.execute(
    transaction,
  );
  return rows;
}

/** Of all environments, to try what it is sealed with; undefined: there is none. */
export async function readNewestSigningSecret(db: Database): Promise<{ id: string; sealed: Buffer } | undefined> {
  return db.selectFrom('signing_secret').select(['id', 'sealed']).orderBy('id', 'desc').limit(1).executeTakeFirst();
}
