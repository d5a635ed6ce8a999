import { type RawBuilder, sql } from 'kysely';
import type { HeldRecord } from '../ports/projection-store.ts';
import type { Database } from './database.ts';

export type OutdatedKind = 'key' | 'client' | 'server-key';

/** A row that is older than what the shards hold of it, as after a backup was restored. */
export interface OutdatedRow {
  kind: OutdatedKind;
  id: string;
  environmentId: string;
  organizationId: string;
  status: 'active' | 'disabled' | 'revoked';
  /** By what the shards hold; what was deleted is `revoked`, and of clients `disabled`. */
  held: 'active' | 'disabled' | 'revoked';
}

/** The rows that these records stand for, where the record is newer. */
export async function findOutdatedRows(db: Database, records: readonly HeldRecord[]): Promise<OutdatedRow[]> {
  const outdated: OutdatedRow[] = [];
  for (const [kind, rows] of Object.entries(rowsByKind)) {
    const held = records.filter((record) => record.kind === kind);
    if (held.length === 0) continue;
    const found = await sql<OutdatedRow>`
      with given as (
        select * from unnest(
          ${held.map(placeOf)}::uuid[], ${held.map(nameOf)}::text[],
          ${held.map(({ record }) => record.version)}::bigint[], ${held.map(heldStatus)}::text[]
        ) as given (place, name, version, held)
      )
      select ${kind}::text as kind, found.id, found.environment_id as "environmentId",
        found.organization_id as "organizationId", found.status, given.held
      from given
      join lateral (${rows}) as found on found.version < given.version`.execute(db);
    outdated.push(...found.rows);
  }
  return outdated;
}

/** Gives rows the status that the shards hold. */
export async function endOutdatedRow(db: Database, { kind, id, held }: OutdatedRow, now: Date): Promise<void> {
  switch (kind) {
    case 'key':
      await db.updateTable('api_key').set({ status: held, updated_at: now }).where('id', '=', id).execute();
      return;
    case 'client':
      await db.updateTable('client').set({ status: 'disabled', updated_at: now }).where('id', '=', id).execute();
      return;
    case 'server-key':
      await db.updateTable('server_key').set({ status: 'revoked' }).where('id', '=', id).execute();
  }
}

const rowsByKind: Record<OutdatedKind, RawBuilder<unknown>> = {
  key: sql`
    select row.id, row.environment_id, row.organization_id, row.status, client.version
    from api_key row join client on client.id = row.client_id
    where row.digest = decode(given.name, 'hex') and coalesce(row.reach_id, row.environment_id) = given.place`,
  client: sql`
    select row.id, row.environment_id, row.organization_id, row.status, row.version
    from client row where row.environment_id = given.place and row.id = given.name::uuid`,
  'server-key': sql`
    select row.id, row.environment_id, row.organization_id, row.status, owner.version
    from server_key row join environment owner on owner.id = row.environment_id
    where row.digest = decode(given.name, 'hex')`,
};

function placeOf(held: HeldRecord): string {
  return held.kind === 'server-key' ? held.record.environmentId : held.environmentId;
}

function nameOf(held: HeldRecord): string {
  return held.kind === 'client' ? held.record.clientId : Buffer.from(held.digest, 'base64url').toString('hex');
}

function heldStatus(held: HeldRecord): OutdatedRow['held'] | null {
  if (held.kind === 'tenant') return null;
  const { status } = held.record;
  if (status !== 'deleted') return status;
  return held.kind === 'client' ? 'disabled' : 'revoked';
}
