import type { Limits } from '@keyward/contract/limits';
import type {
  ClientRecord,
  EnvironmentRecord,
  KeyDetails,
  KeyRecord,
  ServerKeyRecord,
} from '@keyward/contract/projection';
import { defaultSettings } from '@keyward/contract/settings';
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { listEndpointRules } from './endpoints.ts';
import { keyExpiryMs } from './key-expiry.ts';
import { type KeyImportRow, listKeyImports } from './key-imports.ts';
import { listRequestKeys } from './request-keys.ts';
import type { Schema } from './schema.ts';
import { listSigningSecrets } from './signing-secrets.ts';
import { listTemplates, type TemplateRow } from './templates.ts';

/** What the projection is made from. A version is always read before what it stands for, so it never promises too much. */
export interface ClientProjection {
  client: ClientRecord;
  /** `within`: the id of what the key is known in: an environment, or a project or an organization with all of theirs. */
  keys: { within: string; digest: string; record: KeyRecord }[];
}

export interface EnvironmentProjection {
  environment: Omit<EnvironmentRecord, 'signingSecrets' | 'keyImports'>;
  /** Sealed under the master key, the first to sign with. */
  signingSecrets: { id: string; sealed: Buffer }[];
  keyImports: Pick<KeyImportRow, 'id' | 'prefixes' | 'sealed'>[];
  serverKeys: { digest: string; record: ServerKeyRecord }[];
}

/** These clients with their keys, or what is left of them; one that never was is not in the answer. */
export async function readClientProjections(
  db: Database,
  environmentId: string,
  clientIds: readonly string[],
): Promise<ClientProjection[]> {
  if (clientIds.length === 0) return [];
  const clients = await readClients(db, environmentId, clientIds);
  const known = new Set(clients.map((client) => client.id));
  const keys = Map.groupBy(await readKeys(db, [...known]), (key) => key.client_id);
  const gone = Map.groupBy(await readTombstones(db, environmentId, [...known]), (key) => key.client_id);
  const living = clients.map((client) =>
    projectClient(client, { keys: keys.get(client.id) ?? [], deleted: gone.get(client.id) ?? [] }),
  );
  const deleted = clientIds.filter((id) => !known.has(id));
  return [...living, ...(await readDeletedClients(db, environmentId, deleted))];
}

type ProjectedClient = Awaited<ReturnType<typeof readClients>>[number];
type ProjectedKey = Awaited<ReturnType<typeof readKeys>>[number];
type Tombstone = Awaited<ReturnType<typeof readTombstones>>[number];

/** In one statement, so that nobody comes to share a client's name between its version and this. */
async function readClients(db: Database, environmentId: string, clientIds: readonly string[]) {
  return db
    .selectFrom('client')
    .select(['id', 'version', 'status', 'ip_whitelist', 'template_id', 'tenant'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('client as namesake')
          .select('namesake.id')
          .whereRef('namesake.environment_id', '=', 'client.environment_id')
          .whereRef('namesake.tenant', '=', 'client.tenant')
          .whereRef('namesake.id', '!=', 'client.id'),
      ).as('has_namesakes'),
    )
    .where('environment_id', '=', environmentId)
    .where('id', 'in', clientIds)
    .execute();
}

async function readKeys(db: Database, clientIds: readonly string[]) {
  if (clientIds.length === 0) return [];
  return db
    .selectFrom('api_key')
    .select([
      'id',
      'client_id',
      'digest',
      'status',
      'not_before',
      'expires_at',
      'claimed_expires_at',
      'allowed_ips',
      'scopes',
      'rate_limit',
      'rate_window',
      'name',
      'metadata',
      'environment_id',
      'family_id',
      'product_id',
      'reach_id',
    ])
    .where('client_id', 'in', clientIds)
    .execute();
}

async function readTombstones(db: Database, environmentId: string, clientIds: readonly string[]) {
  if (clientIds.length === 0) return [];
  return db
    .selectFrom('tombstone')
    .select(['environment_id', 'client_id', 'digest', 'key_id', 'family_id', 'reach_id', 'version'])
    .where('environment_id', '=', environmentId)
    .where('client_id', 'in', clientIds)
    .execute();
}

interface ProjectedKeys {
  keys: readonly ProjectedKey[];
  deleted: readonly Tombstone[];
}

/** What is left of deleted keys has the version of the client, or it would be stale for ever. */
function projectClient(client: ProjectedClient, { keys, deleted }: ProjectedKeys): ClientProjection {
  const { id: clientId, version, status, ip_whitelist: ips } = client;
  const template = client.template_id === null ? {} : { templateId: client.template_id };
  const tenant = { digest: text(client.tenant), isShared: Boolean(client.has_namesakes) };
  return {
    client: { version, clientId, tenant, status, ips, ...template },
    keys: [
      ...deleted.map((row) => tombstoneOf(row, version)),
      ...keys.map((key) => ({
        ...placeOf(key),
        record: {
          version,
          keyId: key.id,
          clientId,
          status: key.status,
          clientStatus: status,
          clientIps: ips,
          keyIps: key.allowed_ips,
          scopes: key.scopes,
          familyId: key.family_id ?? key.id,
          limits: key.rate_limit === null || key.rate_window === null ? {} : { [key.rate_window]: key.rate_limit },
          ...template,
          ...lifetime(key),
          ...(key.product_id === null ? {} : { productId: key.product_id }),
          details: JSON.stringify({ name: key.name, metadata: key.metadata } satisfies KeyDetails),
        },
      })),
    ],
  };
}

function placeOf(row: { environment_id: string; reach_id: string | null; digest: Uint8Array }) {
  return { within: row.reach_id ?? row.environment_id, digest: text(row.digest) };
}

async function readDeletedClients(
  db: Database,
  environmentId: string,
  clientIds: readonly string[],
): Promise<ClientProjection[]> {
  if (clientIds.length === 0) return [];
  const rows = await readTombstones(db, environmentId, clientIds);
  const names = await db
    .selectFrom('tenant')
    .select(['deleted_client_id', 'version'])
    .where('environment_id', '=', environmentId)
    .where('deleted_client_id', 'in', clientIds)
    .execute();
  const tombstones = Map.groupBy(rows, (row) => row.client_id);
  const versions = new Map(names.map((row) => [row.deleted_client_id, row.version]));
  return clientIds.flatMap((clientId) => {
    const ofClient = tombstones.get(clientId) ?? [];
    const deleted = versions.get(clientId);
    if (ofClient.length === 0 && deleted === undefined) return [];
    // The name goes on to new versions with whoever has it next, and the keys with it, or they would be stale for ever.
    const version = Math.max(deleted ?? 0, ...ofClient.map((row) => row.version));
    const keys = ofClient.map((row) => tombstoneOf(row, version));
    return [{ client: { version, clientId, status: 'deleted', ips: [] }, keys }];
  });
}

function tombstoneOf(row: Tombstone, version: number): ClientProjection['keys'][number] {
  const record = {
    version,
    keyId: row.key_id,
    clientId: row.client_id,
    status: 'deleted',
    clientStatus: 'active',
    clientIps: [],
    keyIps: [],
    scopes: [],
    familyId: row.family_id ?? row.key_id,
    limits: {},
  } as const satisfies KeyRecord;
  return { ...placeOf(row), record };
}

export async function readEnvironmentProjection(
  db: Database,
  environmentId: string,
): Promise<EnvironmentProjection | undefined> {
  const row = await db
    .selectFrom('environment')
    .select(['version', 'project_env', 'project_id', 'organization_id', 'status', 'settings'])
    .where('id', '=', environmentId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { version, status } = row;
  const settings = { ...defaultSettings, ...row.settings };
  const templates = await listTemplates(db, [environmentId]);
  const requestKeys = await listRequestKeys(db, environmentId);
  const serverKeys = await db
    .selectFrom('server_key')
    .select(['id', 'digest', 'status', 'scopes', 'expires_at'])
    .where('environment_id', '=', environmentId)
    .execute();
  return {
    environment: {
      version,
      environmentId,
      projectEnv: row.project_env,
      within: [row.project_id, row.organization_id].filter((id) => id !== null),
      status,
      settings,
      templates: Object.fromEntries(templates.map((template) => [template.id, templateLimits(template)])),
      endpoints: await listEndpointRules(db, environmentId, settings.unknownEndpoints === 'refuse' ? 'all' : 'decided'),
      requestKeys: requestKeys.map(({ spki }) => Buffer.from(spki).toString('base64')),
    },
    signingSecrets: await listSigningSecrets(db, environmentId),
    keyImports: await listKeyImports(db, environmentId),
    serverKeys: serverKeys.map((key) => ({
      digest: text(key.digest),
      record: {
        version,
        serverKeyId: key.id,
        environmentId,
        status: key.status,
        scopes: key.scopes,
        ...(key.expires_at ? { expiresAtMs: key.expires_at.getTime() } : {}),
      },
    })),
  };
}

export async function listAllEnvironmentIds(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('environment').select('id').orderBy('id').execute();
  return rows.map((row) => row.id);
}

/** Ids of an environment's clients, deleted ones with tombstones too, in order, after `after`. */
export async function listClientIdsAfter(
  db: Database,
  environmentId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from (
      select id from client where environment_id = ${environmentId}
      union select client_id from tombstone where environment_id = ${environmentId}
      union select deleted_client_id from tenant
        where environment_id = ${environmentId} and deleted_client_id is not null
    ) known where id > ${after}::uuid order by id limit ${limit}`.execute(db);
  return rows.map((row) => row.id);
}

/** Gives the next `limit` clients after `after`, by id, their next version; answers the last id, undefined: there are no more. */
export async function raiseClientVersionsAfter(
  db: Database,
  { after, limit, now }: { after: string; limit: number; now: Date },
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    update client set version = greatest(version + 1, ${now.getTime()}::bigint)
    where id in (select id from client where id > ${after}::uuid order by id limit ${limit} for update)
    returning id`.execute(db);
  return rows
    .map((row) => row.id)
    .sort()
    .at(-1);
}

/** One statement for any number of them: a template may have more clients than a statement has parameters. */
export async function insertConfigChanges(
  db: Database,
  rows: readonly Insertable<Schema['config_outbox']>[],
): Promise<void> {
  if (rows.length === 0) return;
  const column = <K extends keyof Insertable<Schema['config_outbox']>>(name: K) => rows.map((row) => row[name] ?? null);
  await sql`
    insert into config_outbox (id, environment_id, client_id, tenant, created_at)
    select * from unnest(${column('id')}::uuid[], ${column('environment_id')}::uuid[], ${column('client_id')}::uuid[],
      ${column('tenant')}::bytea[], ${column('created_at')}::timestamptz[])`.execute(db);
}

export async function deleteConfigChanges(db: Database, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await sql`delete from config_outbox where id = any(${ids}::uuid[])`.execute(db);
}

/** Changes that were made before `before` and have not got through, oldest first. */
export async function listConfigChanges(
  db: Database,
  { after, before, limit }: { after: { created_at: Date; id: string }; before: Date; limit: number },
) {
  const rows = await db
    .selectFrom('config_outbox')
    .selectAll()
    .where('created_at', '<=', before)
    .where((eb) => eb(eb.refTuple('created_at', 'id'), '>', eb.tuple(after.created_at, after.id)))
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return { notes: rows.map(asNote), last: rows.length < limit ? undefined : rows.at(-1) };
}

/** Those of these changes that the projection was not told of yet. */
export async function readConfigChanges(db: Database, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('config_outbox').selectAll().where('id', 'in', ids).execute();
  return rows.map(asNote);
}

function asNote(row: Selectable<Schema['config_outbox']>) {
  const { id, environment_id: environmentId, client_id: clientId, tenant } = row;
  return { id, environmentId, clientId, tenant: tenant && Buffer.from(tenant) };
}

function templateLimits(row: TemplateRow): Limits {
  const limits = {
    hour: row.rate_limit_hour,
    day: row.rate_limit_day,
    week: row.rate_limit_week,
    month: row.rate_limit_month,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null));
}

const text = (digest: Uint8Array) => Buffer.from(digest).toString('base64url');

interface Lifetime {
  not_before: Date | null;
  expires_at: Date | null;
  claimed_expires_at: Date | null;
}

function lifetime(row: Lifetime): Pick<KeyRecord, 'expiresAtMs' | 'notBeforeMs'> {
  const expiresAtMs = keyExpiryMs(row);
  return {
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(row.not_before ? { notBeforeMs: row.not_before.getTime() } : {}),
  };
}
