import { derivedClientId } from '@keyward/keyformat/derived-ids';
import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import type { SecretBox } from '@keyward/kit/secret-box';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { findKnownClientIds } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import {
  deleteConfigChanges,
  insertConfigChanges,
  listAllEnvironmentIds,
  listClientIdsAfter,
  listConfigChanges,
  readClientProjections,
  readEnvironmentProjection,
} from '@keyward/stores/postgres/projection-source';
import { listTenantsAfter, readTenantProjections } from '@keyward/stores/postgres/tenants';
import { hasCaps, keepCapsCounter } from './environment-caps.ts';
import { Reseeding } from './reseeding.ts';

/** What changed: a client with its keys, who has a name (by its digest), or the environment itself. */
export interface ConfigChange {
  environmentId: string;
  clientId?: string | null;
  tenant?: Buffer | null;
}

/** A change that the shards were not told of yet. */
export interface ConfigNote extends ConfigChange {
  id: string;
}

export interface ProjectorOptions {
  db: Database;
  store: ProjectionStore;
  boxes: SecretBoxes;
  clock: Clock;
  logger: Logger;
}

/** How far a rebuild has come. */
export interface RebuildProgress {
  environments: number;
  ofEnvironments: number;
  clients: number;
}

export type Propagation = 'done' | 'pending';

const pageSize = 500;
const groupSize = 100;
/** Younger changes are still on their way through the call that made them, ms. */
const graceMs = 2_000;
const nilId = '00000000-0000-0000-0000-000000000000';

/**
 * Brings configuration from Postgres to the shards (design.md §5). A change leaves a row in the transaction that makes
 * it; the row goes once the shards have it. So a change is projected by the call that makes it, or else by `repair`,
 * whatever dies in between; and since writes count only over older versions, they may race and repeat.
 */
export class Projector {
  readonly #db: Database;
  readonly #store: ProjectionStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #boxes: SecretBoxes;
  readonly #reseeding: Reseeding;

  constructor(options: ProjectorOptions) {
    this.#db = options.db;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#boxes = options.boxes;
    this.#reseeding = new Reseeding({
      ...options,
      project: (environmentId) => this.#projectEnvironment(environmentId),
    });
  }

  /** When a rotation family was used last, as its shard knows at once. */
  readLastUseMs(family: { clientId: string; familyId: string }): Promise<number | 'unknown'> {
    return this.#store.readLastUseMs(family);
  }

  /** Notes changes in their own transaction; publish them once that is committed. */
  async note(transaction: Database, changes: readonly ConfigChange[]): Promise<ConfigNote[]> {
    const notes = changes.map((change) => ({ id: newId(), ...change }));
    const rows = notes.map(({ id, environmentId, clientId = null, tenant = null }) => ({
      id,
      environment_id: environmentId,
      client_id: clientId,
      tenant,
      created_at: new Date(this.#clock.nowMs()),
    }));
    await insertConfigChanges(transaction, rows);
    return notes;
  }

  /**
   * `done`: from now on no validator decides by the old state, and as many replicas have the new one as were asked for.
   * A change that is `pending` keeps its row, so that `repair` asserts it again.
   */
  async publish(notes: readonly ConfigNote[]): Promise<Propagation> {
    if (notes.length === 0) return 'done';
    const projected: ConfigNote[] = [];
    try {
      const isConfirmed = await this.#store.confirmed(async () => {
        const failed = new Set<string>();
        for (const batch of inOrder(notes)) {
          const due = batch.filter((note) => !isEnvironment(note) || !failed.has(note.environmentId));
          const through = new Set(await this.#tryToProject(due));
          projected.push(...through);
          for (const note of due.filter((each) => !through.has(each))) failed.add(note.environmentId);
        }
      });
      if (!isConfirmed) throw new Error('too few replicas of Redis have confirmed it');
      await deleteConfigChanges(
        this.#db,
        projected.map((note) => note.id),
      );
      return projected.length === notes.length ? 'done' : 'pending';
    } catch (error) {
      this.#logger.warn({ err: error, changes: projected }, 'changes are stored, but not confirmed by the shards yet');
      return 'pending';
    }
  }

  /** Those that got through. Clients are written many at once; if that fails, one by one, so that one holds up no others. */
  async #tryToProject(notes: readonly ConfigNote[]): Promise<ConfigNote[]> {
    const groups = inGroups(notes);
    const through = await Promise.all(
      groups.map(async (group) => {
        if (group.length > 1 && (await this.#isProjected(group, 'debug'))) return group;
        const alone = await Promise.all(group.map((note) => this.#isProjected([note], 'warn')));
        return group.filter((_, i) => alone[i]);
      }),
    );
    return through.flat();
  }

  async #isProjected(notes: readonly ConfigNote[], level: 'debug' | 'warn'): Promise<boolean> {
    try {
      await this.#project(notes);
      return true;
    } catch (error) {
      this.#logger[level]({ err: error, changes: notes }, 'changes are stored, but did not reach the shards yet');
      return false;
    }
  }

  /**
   * Writes what did not get through, everything if a shard has lost it, and the totals that were lost with it; `waiting`:
   * those cannot be known yet.
   */
  async repair(): Promise<'done' | 'waiting'> {
    if (!(await this.#store.isComplete())) await this.rebuild();
    await this.#publishPending();
    return this.#reseeding.run();
  }

  /** Comes to every change, so that those whose shard is away hold up no others. */
  async #publishPending(): Promise<void> {
    const before = new Date(this.#clock.nowMs() - graceMs);
    let after = { created_at: new Date(0), id: nilId };
    for (;;) {
      const { notes, last } = await listConfigChanges(this.#db, { after, before, limit: pageSize });
      await this.publish(notes);
      if (last === undefined) return;
      after = last;
    }
  }

  /** Projects all there is, and then marks the shards complete. Throws when one was lost meanwhile: do it again. */
  async rebuild(report: (progress: RebuildProgress) => void = () => undefined): Promise<void> {
    const begun = await this.#store.beginRebuild();
    const environmentIds = await listAllEnvironmentIds(this.#db);
    const progress = { environments: 0, ofEnvironments: environmentIds.length, clients: 0 };
    for (const environmentId of environmentIds) {
      for await (const projected of this.#projectAllClients(environmentId)) {
        progress.clients += projected;
        report(progress);
      }
      await this.#projectAllTenants(environmentId);
      await this.#projectEnvironment(environmentId);
      progress.environments += 1;
      report(progress);
    }
    if (!(await this.#store.completeRebuild(begun))) throw new Error('a shard was lost while it was written');
    this.#logger.info(progress, 'the projection was rebuilt');
  }

  /** Yields how many it has projected, every now and then. */
  async *#projectAllClients(environmentId: string): AsyncIterable<number> {
    let after = nilId;
    for (;;) {
      const ids = await listClientIdsAfter(this.#db, environmentId, after, pageSize);
      await this.#projectClients(environmentId, ids);
      yield ids.length;
      const last = ids.at(-1);
      if (last === undefined || ids.length < pageSize) return;
      after = last;
    }
  }

  async #projectAllTenants(environmentId: string): Promise<void> {
    let after: Buffer = Buffer.alloc(0);
    for (;;) {
      const digests = await listTenantsAfter(this.#db, environmentId, after, pageSize);
      await this.#projectTenants(environmentId, digests);
      const last = digests.at(-1);
      if (last === undefined || digests.length < pageSize) return;
      after = last;
    }
  }

  /** Of several, all are clients of one environment. */
  async #project(notes: readonly ConfigChange[]): Promise<void> {
    const clientIds = notes.flatMap(({ clientId }) => clientId ?? []);
    const [first] = notes;
    if (!first) return;
    if (clientIds.length > 0) return this.#projectClients(first.environmentId, clientIds);
    return first.tenant
      ? this.#projectTenants(first.environmentId, [first.tenant])
      : this.#projectEnvironment(first.environmentId);
  }

  /** All records first: a version says that everything up to it is there. */
  async #projectClients(environmentId: string, clientIds: readonly string[]): Promise<void> {
    const projections = await readClientProjections(this.#db, environmentId, clientIds);
    const keys = Map.groupBy(
      projections.flatMap((projection) => projection.keys),
      ({ within }) => within,
    );
    await Promise.all([...keys].map(([within, known]) => this.#store.putKeys(within, known)));
    await Promise.all(projections.map(({ client }) => this.#store.putClient(environmentId, client)));
    await Promise.all(projections.map(({ client }) => this.#store.putClientVersion(client.clientId, client.version)));
  }

  /**
   * Whoever was derived from a name because nobody had it is out of date from now on, too. Once that id is a client of its
   * own, or was, its version is told with its keys, and not by its name.
   */
  async #projectTenants(environmentId: string, digests: readonly Buffer[]): Promise<void> {
    const tenants = await readTenantProjections(this.#db, environmentId, digests);
    await Promise.all(
      tenants.map(({ digest, record }) => this.#store.putTenant(environmentId, digest.toString('base64url'), record)),
    );
    const derived = tenants.map(({ digest, record }) => ({ id: derivedClientId(digest), version: record.version }));
    const known = await findKnownClientIds(
      this.#db,
      environmentId,
      derived.map(({ id }) => id),
    );
    const unregistered = derived.filter(({ id }) => !known.has(id));
    await Promise.all(unregistered.map(({ id, version }) => this.#store.putClientVersion(id, version)));
  }

  async #projectEnvironment(environmentId: string): Promise<void> {
    const projection = await readEnvironmentProjection(this.#db, environmentId);
    if (!projection) return;
    await this.#store.putServerKeys(projection.serverKeys);
    const environment = {
      ...projection.environment,
      signingSecrets: projection.signingSecrets.map((secret) => this.#resealed(secret)),
      keyImports: projection.keyImports.map(({ id, prefixes, sealed }) => ({
        prefixes,
        ...(sealed === null ? { id } : this.#resealed({ id, sealed })),
      })),
    };
    // Validators may read the record before the version is there, and then count by its caps.
    if (hasCaps(environment)) await keepCapsCounter({ db: this.#db, store: this.#store }, environment);
    await this.#store.putEnvironment(environment);
    await this.#store.putEnvironmentVersion(environmentId, environment.version);
    if (!hasCaps(environment)) await this.#store.releaseEnvironmentTotals(environmentId, environment.version);
  }

  #resealed({ id, sealed }: { id: string; sealed: Buffer }): { id: string; sealed: string } {
    const { master, projection } = this.#boxes;
    return { id, sealed: projection.seal(master.open(Buffer.from(sealed), id), id).toString('base64url') };
  }
}

/**
 * A client is written before its name is, so that whoever finds it by the name finds it; and an environment after both, which
 * tells everybody to look again.
 */
function inOrder(notes: readonly ConfigNote[]): ConfigNote[][] {
  const clients = notes.filter(({ clientId }) => clientId);
  const names = notes.filter(({ clientId, tenant }) => !clientId && tenant);
  return [clients, names, notes.filter(isEnvironment)];
}

/** What is written at once: many clients of one environment; everything else alone. */
function inGroups(notes: readonly ConfigNote[]): ConfigNote[][] {
  const byEnvironment = Map.groupBy(notes, ({ id, clientId, environmentId }) => (clientId ? environmentId : id));
  return [...byEnvironment.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / groupSize) }, (_, i) =>
      group.slice(i * groupSize, (i + 1) * groupSize),
    ),
  );
}

function isEnvironment({ clientId, tenant }: ConfigChange): boolean {
  return !clientId && !tenant;
}

/** Signing secrets are sealed by one key in Postgres, and by another in the shards. */
export interface SecretBoxes {
  master: SecretBox;
  projection: SecretBox;
}
