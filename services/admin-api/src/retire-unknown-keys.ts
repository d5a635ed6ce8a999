import type { KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import type { Clock } from '@keyward/kit/clock';
import type { HeldRecord, ProjectionStore } from '@keyward/stores/ports/projection-store';
import { raiseClientVersion } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { findKnownKeys, findKnownServerKeys } from '@keyward/stores/postgres/projection-source';
import { raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { ConfigChange, Projector } from './projector.ts';

type HeldKey = Extract<HeldRecord, { kind: 'key' }>;
type HeldServerKey = Extract<HeldRecord, { kind: 'server-key' }>;

interface Retiring {
  db: Database;
  store: ProjectionStore;
  projector: Projector;
  clock: Clock;
}

/**
 * Makes an end of keys that the shards hold and Postgres does not know, neither as rows nor as tombstones: they are left over
 * from a Postgres that was restored from a backup, or from another installation. Answers how many there were.
 */
export async function retireUnknownKeys(retiring: Retiring): Promise<number> {
  let retired = 0;
  for await (const page of retiring.store.scanRecords()) {
    const keys = page.filter((held) => held.kind === 'key').filter(({ record }) => record.status !== 'deleted');
    const knownKeys = await findKnownKeys(retiring.db, keys);
    const unknownKeys = keys.filter((_, place) => !knownKeys.has(place));
    for (const key of unknownKeys) await retireKey(retiring, key);

    const serverKeys = page.filter((held) => held.kind === 'server-key');
    const live = serverKeys.filter(({ record }) => record.status !== 'revoked');
    const knownServerKeys = await findKnownServerKeys(retiring.db, live);
    const unknownServerKeys = live.filter((_, place) => !knownServerKeys.has(place));
    for (const key of unknownServerKeys) await retireServerKey(retiring, key);
    retired += unknownKeys.length + unknownServerKeys.length;
  }
  return retired;
}

/** The client's version announces the tombstone; a client that Postgres knows is projected with all its keys. */
async function retireKey(retiring: Retiring, { environmentId, digest, record }: HeldKey): Promise<void> {
  const { store, clock } = retiring;
  const { clientId, keyId, familyId } = record;
  await announce(retiring, {
    change: { environmentId, clientId },
    raise: (db, now) => raiseClientVersion(db, environmentId, clientId, now),
    atLeast: Math.max(record.version + 1, clock.nowMs()),
    write: (version) =>
      store.putKeys(environmentId, [{ digest, record: { ...tombstone, version, keyId, clientId, familyId } }]),
    putVersion: (version) => store.putClientVersion(clientId, version),
  });
}

async function retireServerKey(retiring: Retiring, { digest, record }: HeldServerKey): Promise<void> {
  const { store, clock } = retiring;
  const { environmentId } = record;
  const revoked = (version: number): ServerKeyRecord => ({ ...record, version, status: 'revoked' });
  await announce(retiring, {
    change: { environmentId, clientId: null },
    raise: (db, now) => raiseEnvironmentVersion(db, environmentId, now),
    atLeast: Math.max(record.version + 1, clock.nowMs()),
    write: (version) => store.putServerKeys([{ digest, record: revoked(version) }]),
    putVersion: (version) => store.putEnvironmentVersion(environmentId, version),
  });
}

interface Announcement {
  change: ConfigChange;
  /** Raises the version of the row that the record belongs to; undefined: there is none. */
  raise(db: Database, now: Date): Promise<{ version: number } | undefined>;
  /** What the new version has to be, so that it counts over the record's own. */
  atLeast: number;
  write(version: number): Promise<void>;
  putVersion(version: number): Promise<void>;
}

/** Writes the record first and the version last, so that no validator goes on with what it has in memory. */
async function announce({ db, projector }: Retiring, announcement: Announcement): Promise<void> {
  const { change, raise, atLeast, write, putVersion } = announcement;
  const { version, note } = await db.transaction().execute(async (transaction) => {
    const row = await raise(transaction, new Date(atLeast));
    return { version: row?.version, note: row && (await projector.note(transaction, change)) };
  });
  await write(version ?? atLeast);
  if (note) await projector.publish([note]);
  else await putVersion(atLeast);
}

const tombstone = {
  status: 'deleted',
  clientStatus: 'active',
  clientIps: [],
  keyIps: [],
  scopes: [],
  limits: {},
} satisfies Partial<KeyRecord>;
