import type { ImportedKey } from '@keyward/contract/routes/key-import';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import {
  type ClientRow,
  findClientByName,
  insertUnknownKeys,
  raiseClientVersions,
} from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { BeginAnew } from '@keyward/stores/postgres/in-transaction';
import { findKnownDigests, type KeyImportRow, lockKeyImport } from '@keyward/stores/postgres/key-imports';
import { findKnownProductIds } from '@keyward/stores/postgres/products';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { lockTenants } from '@keyward/stores/postgres/tenants';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { clientCreated, keyCreated } from '../clients/client-events.ts';
import { insertHiddenClients, insertNewClient } from '../clients/insert-new-client.ts';
import { nameChanged } from '../clients/tenants.ts';
import { InputCheck } from '../input.ts';
import { type CheckedImport, checkedImports, importedKeyRow } from './imported-keys.ts';
import { unknownKeyImport } from './key-imports.ts';
import { keyPlace } from './key-place.ts';

interface Imported {
  imported: number;
  existing: number;
  data: { id: string; clientId: string; isNew: boolean }[];
}

interface ImportOptions {
  importId: string | undefined;
  items: readonly ImportedKey[];
}

/** Imports keys by their hashes, all or none; their holders go on with them. A key that is there already stays as it is. */
export async function importKeys(
  administration: Administration,
  call: EnvironmentChangeCall,
  { importId, items }: ImportOptions,
): Promise<Outcome<Imported>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction } = change;
    await lockTenants(transaction, environment.id, namesOf(environment, items));
    const source = await sourceOf(transaction, environment, importId);
    const check = new InputCheck();
    const keys = checkedImports(administration, check, { items, source });
    const known = await knownOf(transaction, environment, keys);
    for (const { path, digest } of keys)
      if (known.get(digest.toString('hex'))?.isDeleted)
        check.fault(`${path}/digest`, 'is of a key that was deleted here; it stays refused');
    const fresh = keys.filter(({ digest }) => !known.has(digest.toString('hex')));
    const made = await insertFresh(change, { environment, source, check, fresh });
    const data = keys.flatMap(({ digest }) => {
      const hex = digest.toString('hex');
      const existing = known.get(hex);
      const row = existing ? { id: existing.id, clientId: existing.clientId } : made.get(hex);
      return row ? [{ ...row, isNew: existing === undefined }] : [];
    });
    return done({ imported: fresh.length, existing: keys.length - fresh.length, data });
  });
}

function namesOf(environment: EnvironmentRow, items: readonly ImportedKey[]): Buffer[] {
  return items.flatMap(({ clientName }) => (clientName === undefined ? [] : tenantDigest(environment.id, clientName)));
}

async function sourceOf(
  transaction: Database,
  environment: EnvironmentRow,
  importId: string | undefined,
): Promise<KeyImportRow | undefined> {
  if (importId === undefined) return undefined;
  const source = await lockKeyImport(transaction, environment.id, importId);
  if (!source) throw unknownKeyImport();
  return source;
}

function knownOf(transaction: Database, environment: EnvironmentRow, keys: readonly CheckedImport[]) {
  return findKnownDigests(
    transaction,
    keyPlace(environment),
    keys.map(({ digest }) => digest),
  );
}

interface Inserting {
  environment: EnvironmentRow;
  source: KeyImportRow | undefined;
  check: InputCheck;
  fresh: readonly CheckedImport[];
}

/** By the digests, as hex. */
async function insertFresh(
  change: Change,
  inserting: Inserting,
): Promise<Map<string, { id: string; clientId: string }>> {
  const { transaction, now } = change;
  const { environment, source, check, fresh } = inserting;
  await checkProducts(transaction, inserting);
  const clients = await clientsOf(change, inserting);
  check.done();
  const rows = fresh.flatMap((key, i) => {
    const client = clients[i];
    return client ? [importedKeyRow({ client, source, key, now })] : [];
  });
  // Somebody else imports or registers one of them just now: begun anew, it is known.
  if ((await insertUnknownKeys(transaction, rows)) < rows.length) throw new BeginAnew();
  const changed = [...new Set(rows.map((row) => row.client_id))];
  await change.note(...changed.map((clientId) => ({ environmentId: environment.id, clientId })));
  for (const { id, client_id: clientId, name } of rows) {
    const after = { clientId, name, importId: source?.id ?? null };
    change.record({ action: 'key.import', subject: { kind: 'key', id }, environmentId: environment.id, after });
  }
  change.emit(...rows.flatMap(keyCreated));
  return new Map(rows.map((row) => [row.digest.toString('hex'), { id: row.id, clientId: row.client_id }]));
}

async function checkProducts(transaction: Database, { environment, check, fresh }: Inserting): Promise<void> {
  const idOf = ({ input }: CheckedImport) => input.productId?.toLowerCase();
  const known = await findKnownProductIds(transaction, {
    organizationId: environment.organization_id,
    projectId: environment.project_id,
    ids: [...new Set(fresh.flatMap((key) => idOf(key) ?? []))],
  });
  for (const key of fresh) {
    const id = idOf(key);
    if (id !== undefined && !known.has(id)) check.fault(`${key.path}/productId`, 'is not a product of this project');
  }
}

/** For each key its client: the one that is named by id, or by name, which is made if nobody has it; or one of its own. */
async function clientsOf(change: Change, inserting: Inserting): Promise<(ClientRow | undefined)[]> {
  const { transaction, now } = change;
  const { environment, check, fresh } = inserting;
  const byName = await clientsByName(change, inserting);
  const ids = [
    ...[...byName.values()].flatMap(({ client, isNew }) => (isNew ? [] : client.id)),
    ...fresh.flatMap(({ input }) => input.clientId?.toLowerCase() ?? []),
  ];
  const raised = await raiseClientVersions(transaction, environment.id, ids, now);
  const byId = new Map(raised.map((client) => [client.id, client]));
  const alone = fresh.filter(({ input }) => input.clientId === undefined && input.clientName === undefined);
  const names = alone.map(({ input }) => input.name);
  const hidden = await insertHiddenClients(transaction, { environment, names, now });
  change.emit(...hidden.map(clientCreated));
  const own = hidden.values();
  return fresh.map(({ path, input }) => {
    if (input.clientName !== undefined) return byName.get(input.clientName)?.client;
    if (input.clientId === undefined) return own.next().value;
    const client = byId.get(input.clientId.toLowerCase());
    if (!client) check.fault(`${path}/clientId`, 'is not a client of this environment');
    return client;
  });
}

/** The names are locked, so nobody else makes or renames one of them. */
async function clientsByName(
  change: Change,
  { environment, fresh }: Inserting,
): Promise<Map<string, { client: ClientRow; isNew: boolean }>> {
  const { transaction, now } = change;
  const found = new Map<string, { client: ClientRow; isNew: boolean }>();
  for (const name of new Set(fresh.flatMap(({ input }) => input.clientName ?? []))) {
    const existing = await findClientByName(transaction, environment.id, name);
    const client =
      existing ?? (await insertNewClient(transaction, { environment, input: { name }, source: 'api', now }));
    if (!existing) {
      await nameChanged(change, { client, name });
      change.emit(clientCreated(client));
    }
    found.set(name, { client, isNew: !existing });
  }
  return found;
}
