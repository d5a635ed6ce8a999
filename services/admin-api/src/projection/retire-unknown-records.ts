import { derivedClientId } from '@keyward/keyformat/derived-ids';
import type { Clock } from '@keyward/kit/clock';
import type { HeldRecord, ProjectionStore } from '@keyward/stores/ports/projection-store';
import { findHome, raiseClientVersion } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import { findUnknownRecords } from '@keyward/stores/postgres/unknown-records';
import type { Projector } from './projector.ts';

interface Retiring {
  db: Database;
  store: ProjectionStore;
  projector: Projector;
  clock: Clock;
}

/**
 * Makes an end of records that the shards hold and Postgres does not know, neither as rows nor as what is left of them: they
 * come from a Postgres of before a backup was restored, or from another installation. Answers how many there were.
 */
export async function retireUnknownRecords(retiring: Retiring): Promise<number> {
  const unknown: HeldRecord[] = [];
  for await (const page of retiring.store.scanRecords()) {
    const living = page.filter((held) => !isRetired(held));
    unknown.push(...(await findUnknownRecords(retiring.db, living)));
  }
  // Of one owner all at once: a record that is older than its owner's version is stale for ever, and nobody gets an answer.
  for (const records of Map.groupBy(unknown, announcedBy).values()) await retire(retiring, records);
  return unknown.length;
}

function isRetired({ kind, record }: HeldRecord): boolean {
  switch (kind) {
    case 'tenant':
      return record.clientIds.length === 0 && record.deletedClientId === undefined;
    case 'server-key':
      return record.status === 'revoked';
    default:
      return record.status === 'deleted';
  }
}

/** Writes the records first and the version last, so that no validator goes on with what it has in memory. */
async function retire(retiring: Retiring, records: readonly HeldRecord[]): Promise<void> {
  const { store, clock } = retiring;
  const [first] = records;
  if (!first) return;
  const atLeast = Math.max(...records.map(({ record }) => record.version + 1), clock.nowMs());
  const { environmentId, ...owner } = ownerOf(first);
  const raised = await raiseOwner(retiring, { environmentId, ...owner, atLeast });
  const version = raised?.version ?? atLeast;
  for (const held of records) await putRetired(store, held, version);
  if (raised) await retiring.projector.publish(raised.notes);
  else if (owner.clientId) await store.putClientVersion(owner.clientId, version);
  else await store.putEnvironmentVersion(environmentId, version);
}

function announcedBy(held: HeldRecord): string {
  const { clientId, environmentId } = ownerOf(held);
  return clientId ?? environmentId;
}

interface Owner {
  environmentId: string;
  /** null: it belongs to the environment. */
  clientId: string | null;
}

/** Whose version announces a change of the record. */
function ownerOf(held: HeldRecord): Owner {
  switch (held.kind) {
    case 'key':
    case 'client':
      return { environmentId: held.environmentId, clientId: held.record.clientId };
    case 'tenant':
      return { environmentId: held.environmentId, clientId: derivedClientId(Buffer.from(held.digest, 'base64url')) };
    case 'server-key':
      return { environmentId: held.record.environmentId, clientId: null };
  }
}

/**
 * An owner that Postgres knows gets its next version there, and is projected with all that it has. The environment is where the record
 * was found, and for a key that is known in a project or an organization it is one of these.
 */
function raiseOwner(
  { db, projector }: Retiring,
  { environmentId: place, clientId, atLeast }: Owner & { atLeast: number },
) {
  return db.transaction().execute(async (transaction) => {
    const now = new Date(atLeast);
    const environmentId = clientId === null ? place : ((await findHome(transaction, clientId)) ?? place);
    const row = clientId
      ? await raiseClientVersion(transaction, environmentId, clientId, now)
      : await raiseEnvironmentVersion(transaction, environmentId, now);
    return row && { version: row.version, notes: await projector.note(transaction, [{ environmentId, clientId }]) };
  });
}

function putRetired(store: ProjectionStore, held: HeldRecord, version: number): Promise<void> {
  switch (held.kind) {
    case 'key': {
      const { details: _, ...kept } = held.record;
      const record = { ...kept, ...tombstone, version };
      return store.putKeys(held.environmentId, [{ digest: held.digest, record }]);
    }
    case 'client': {
      const { clientId } = held.record;
      return store.putClient(held.environmentId, { version, clientId, status: 'deleted', ips: [] });
    }
    case 'tenant':
      return store.putTenant(held.environmentId, held.digest, { version, clientIds: [] });
    case 'server-key':
      return store.putServerKeys([{ digest: held.digest, record: { ...held.record, version, status: 'revoked' } }]);
  }
}

/** What is left of a key says nothing of whose it was. */
const tombstone = { status: 'deleted' as const, clientIps: [], keyIps: [], scopes: [], limits: {} };
