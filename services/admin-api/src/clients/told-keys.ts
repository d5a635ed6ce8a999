import type { NewClientKey } from '@keyward/contract/routes/client';
import { derivedKeyId } from '@keyward/keyformat/derived-ids';
import { digestOfHash } from '@keyward/keyformat/key-digest';
import { type ClientRow, insertUnknownKeys, type NewKeyRow } from '@keyward/stores/postgres/clients';
import { BeginAnew } from '@keyward/stores/postgres/in-transaction';
import { findKnownDigests } from '@keyward/stores/postgres/key-imports';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { customerKeyPrefix } from '../key-prefixes.ts';
import { keyPlace } from '../keys/key-place.ts';
import type { KeyTimes } from './issue-key.ts';
import { newKeyColumns } from './new-key-columns.ts';

/** A key that an SDK has signed itself, and tells of by the hash of its canonical form. */
export interface ToldKey {
  input: NewClientKey & { sha256: string };
  times: KeyTimes;
}

interface ToldOptions {
  environment: EnvironmentRow;
  client: ClientRow;
  keys: readonly ToldKey[];
  now: Date;
}

export function isTold<T extends { input: NewClientKey }>(key: T): key is T & { input: { sha256: string } } {
  return key.input.sha256 !== undefined;
}

/**
 * Makes known what an SDK has signed (wire.md §2.5), by the ids that validators have counted it under so far. One that is known
 * already stays as it is, and one that was deleted stays refused. The version of the environment is raised, since a validator may
 * hold such a key for the client that it names. The ids of those that are new.
 */
export async function insertToldKeys(
  { pepper }: Pick<Administration, 'pepper'>,
  change: Change,
  { environment, client, keys, now }: ToldOptions,
): Promise<string[]> {
  const { transaction } = change;
  const byDigest = new Map(
    keys.map((key) => {
      const hash = Buffer.from(key.input.sha256, 'hex');
      const digest = digestOfHash({ pepper, domain: 'customer', hash });
      return [digest.toString('hex'), { ...key, digest }];
    }),
  );
  const told = [...byDigest.values()];
  const known = await findKnownDigests(
    transaction,
    keyPlace(environment),
    told.map(({ digest }) => digest),
  );
  const fresh = told.filter(({ digest }) => !known.has(digest.toString('hex')));
  if (fresh.length === 0) return [];
  const rows = fresh.map((key) => toldKeyRow({ environment, client, now, ...key }));
  // It registers itself just now: begun anew, it is known.
  if ((await insertUnknownKeys(transaction, rows)) < rows.length) throw new BeginAnew();
  await raiseEnvironmentVersion(transaction, environment.id, now);
  await change.note({ environmentId: environment.id });
  return rows.map(({ id }) => id);
}

function toldKeyRow({
  environment,
  client,
  input,
  times,
  digest,
  now,
}: ToldKey & Omit<ToldOptions, 'keys'> & { digest: Buffer }): NewKeyRow {
  const { claimedId, sha256: _, ...asked } = input;
  const metadata = claimedId === undefined ? asked.metadata : { ...asked.metadata, claimedId };
  return {
    id: derivedKeyId(environment.id, digest.toString('base64url')),
    organization_id: environment.organization_id,
    environment_id: environment.id,
    client_id: client.id,
    ...newKeyColumns({ ...asked, ...(metadata && { metadata }) }, times),
    prefix: customerKeyPrefix,
    key_prefix: `${customerKeyPrefix}_…`,
    digest,
    status: 'active',
    claimed_expires_at: times.expiresAt,
    signing_secret_id: null,
    created_at: now,
    updated_at: now,
  };
}
