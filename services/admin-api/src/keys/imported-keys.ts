import type { ImportedKey } from '@keyward/contract/routes/key-import';
import { digestOfImported } from '@keyward/keyformat/imported-key';
import { digestOfHash } from '@keyward/keyformat/key-digest';
import { newId } from '@keyward/kit/random';
import type { ClientRow, NewKeyRow } from '@keyward/stores/postgres/clients';
import type { KeyImportRow } from '@keyward/stores/postgres/key-imports';
import type { Administration } from '../administration.ts';
import type { KeyTimes } from '../clients/issue-key.ts';
import { newKeyColumns } from '../clients/new-key-columns.ts';
import type { InputCheck } from '../input.ts';
import { customerKeyPrefix } from '../key-prefixes.ts';

/** A key that is to be imported, and what it will be known by. */
export interface CheckedImport {
  path: string;
  input: ImportedKey;
  digest: Buffer;
  times: KeyTimes;
}

interface CheckOptions {
  items: readonly ImportedKey[];
  /** undefined: the hashes are of keys in our own form. */
  source: KeyImportRow | undefined;
}

/** Tells `check` what the schema cannot see. */
export function checkedImports(
  { pepper }: Pick<Administration, 'pepper'>,
  check: InputCheck,
  { items, source }: CheckOptions,
): CheckedImport[] {
  const seen = new Set<string>();
  return items.map((input, i) => {
    const path = `/items/${i}`;
    const hash = readDigest(input.digest);
    if (hash === undefined) check.fault(`${path}/digest`, 'is not 32 bytes');
    const digest = digestOf({ pepper, source, hash: hash ?? Buffer.alloc(32) });
    if (hash !== undefined && seen.has(hash.toString('hex'))) check.fault(`${path}/digest`, 'is there twice');
    if (hash !== undefined) seen.add(hash.toString('hex'));
    if (input.clientId !== undefined && input.clientName !== undefined)
      check.fault(`${path}/clientName`, 'cannot be named beside clientId');
    // Keys that have ended are imported, too: what is asked about them is known then.
    return { path, input, digest, times: check.newKey(path, input, Number.NEGATIVE_INFINITY) };
  });
}

const hex = /^[0-9a-f]{64}$/i;

function readDigest(text: string): Buffer | undefined {
  const bytes = hex.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  return bytes.length === 32 ? bytes : undefined;
}

interface DigestOptions {
  pepper: Administration['pepper'];
  source: KeyImportRow | undefined;
  hash: Buffer;
}

function digestOf({ pepper, source, hash }: DigestOptions): Buffer {
  return source?.hash === 'hmac-sha256'
    ? digestOfImported({ pepper, importId: source.id, hmac: hash })
    : digestOfHash({ pepper, domain: 'customer', hash });
}

interface RowOptions {
  client: ClientRow;
  source: KeyImportRow | undefined;
  key: CheckedImport;
  now: Date;
}

export function importedKeyRow({ client, source, key, now }: RowOptions): NewKeyRow {
  const { input, digest, times } = key;
  const prefix = source?.prefixes[0] ?? customerKeyPrefix;
  return {
    id: newId(),
    organization_id: client.organization_id,
    environment_id: client.environment_id,
    client_id: client.id,
    ...newKeyColumns(input, times),
    prefix,
    key_prefix: input.keyPrefix ?? `${prefix}…`,
    digest,
    status: input.status ?? 'active',
    claimed_expires_at: null,
    product_id: input.productId?.toLowerCase() ?? null,
    import_id: source?.id ?? null,
    created_at: now,
    updated_at: now,
  };
}
